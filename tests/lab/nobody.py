"""An ordinary user, for what has to work, or to be refused, without privilege."""

NOBODY = (
    *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
    # It may read every file, because the checkout may be in a home that only its owner enters, and do nothing else.
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"),
)
