"""The pages one may open without signing in. Everything else is closed (LoginRequiredMiddleware; for the API, DRF's
IsAuthenticated). A view is public when it says so itself with `@login_not_required` (or AllowAny) *and* stands
here: tests/trust/test_z1_closed_by_default.py walks the whole URL map and compares."""

PAGES = frozenset(
    {
        # the site itself
        "portal:home",
        "portal:help",
        "portal:accessibility",
        "portal:data",
        "portal:healthz",
        "portal:readyz",
        # ways in, and the two switches of a visitor
        "community:sign_in",
        "community:sign_in_sent",
        "community:sign_in_confirm",
        "community:set_theme",
        "community:set_language",
        # towns are public facts; drafts and private wishes are sorted out by QuerySets
        "community:town_list",
        "community:town_suggest",
        "community:town_detail",
        "community:organisation_detail",
        "community:theme_count",
        # public meetings; a calendar file or feed is opened by a program that has its own token
        "events:event_list",
        "events:event_detail",
        "events:event_ics",
        "events:feed_ics",
        "events:training_list",
        "events:town_events",
        "events:club_next",
        # allauth: the password's own doors
        "account_login",
        "account_logout",
        "account_signup",
        "account_inactive",
        "account_email_verification_sent",
        "account_confirm_email",
        "account_confirm_login_code",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        # the administration's own way to the sign-in page
        "admin:login",
    }
)
API = frozenset({"token", "event-list", "event-detail"})
