"""Everything about people: settings, command line, handlers, messages. Stands on `corpus`."""
