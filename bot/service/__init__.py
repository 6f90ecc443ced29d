"""`baotong run`: the running bot, from its start to its stop, and the messages it sends unasked."""
