from tests.kit.reviewed import Reviewed

REVIEWED = Reviewed(
    marks={
        "LostDeviceState.keep": "LOGGED_IN",
    },
)
