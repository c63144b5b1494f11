"""The demonstration network: real towns with real figures; wishes, people and messages are invented and say so.

The content is in the CSV and JSON files beside this module; `places`, `life` and `meetings` bring it in through the apps'
own actions. Everything can be run again: what is there already stays as it is.
"""
