from tests.kit.reviewed import Reviewed

REVIEWED = Reviewed(
    marks={
        "ActivityState.choose": "LOGGED_IN",
        "ActivityState.show_more": "LOGGED_IN",
    },
)
