"""The `netim` command line: runs the server and the operator's commands."""

from netim_app.core.loading import without_collections

with without_collections():
    import typer

    from netim_app.commands import customers, imports, maintenance, server, support

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for _command in (
    server.serve,
    server.build,
    maintenance.migrate,
    maintenance.texts,
    customers.create_account,
    customers.unlock,
    customers.disable,
    support.show,
    support.find,
    support.export,
    support.enable,
    support.delete,
    support.send_reset,
    maintenance.rotate_key,
    maintenance.retry_mails,
    maintenance.doctor,
):
    app.command()(_command)
app.command("import")(imports.import_accounts)

sessions = typer.Typer(no_args_is_help=True, help="Sessions of customers.")
sessions.command("revoke")(customers.revoke_sessions)
app.add_typer(sessions, name="sessions")


if __name__ == "__main__":
    app()
