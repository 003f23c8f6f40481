"""What every command says in the same way: JSON for programs, a line for what went wrong, the exit code."""

import json

import click

REFUSED = 2  # exit code: something that was asked for could not be done

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def echo_json(value: object) -> None:
    """On standard output, for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def complain(error: Exception | str) -> None:
    """One line on standard error."""
    click.echo(f"pullquote: {' '.join(str(error).split())}", err=True)
