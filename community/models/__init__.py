"""Tables of `community`, one noun a file."""

from community.models.club import Circle, Club, Membership, Network
from community.models.organisation import Organisation, OrganisationTheme, Programme, Twinning
from community.models.seat import Seat
from community.models.sign_in import ApiToken, SignInLink
from community.models.territory import Territory, TerritoryCode, TerritoryName
from community.models.user import User

__all__ = [
    "ApiToken",
    "Circle",
    "Club",
    "Membership",
    "Network",
    "Organisation",
    "OrganisationTheme",
    "Programme",
    "Seat",
    "SignInLink",
    "Territory",
    "TerritoryCode",
    "TerritoryName",
    "Twinning",
    "User",
]
