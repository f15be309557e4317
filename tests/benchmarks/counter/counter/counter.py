"""The base of the comparison: one page, one number, one handler."""

import reflex as rx


class Counter(rx.State):
    """How often the button was pressed."""

    count: int = 0

    @rx.event
    def increment(self) -> None:
        """One more."""
        self.count += 1


def index() -> rx.Component:
    """The number and the button."""
    return rx.el.main(
        rx.el.h1("Counter", class_name="text-2xl font-bold"),
        rx.el.p(Counter.count, class_name="text-lg"),
        rx.el.button("One more", on_click=Counter.increment, class_name="rounded px-4 py-2"),
        class_name="p-8",
    )


app = rx.App()
app.add_page(index)
