"""What may be done: the answer language, the calculator, the database tool and the router that runs programs."""
