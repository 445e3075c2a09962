"""The fields that Envoy's API marks ``(udpa.annotations.sensitive)``; made by tools/build_api.py.

STRING: the secret itself. SOURCE: a DataSource, a list or a map of them. MESSAGE: every string below it.
"""

STRING, SOURCE, MESSAGE = "string", "source", "message"

FIELDS = {
    "auth_password": SOURCE,
    "auth_username": SOURCE,
    "backend_token": STRING,
    "context_extensions": MESSAGE,
    "credentials": MESSAGE,
    "credentials_data_source": SOURCE,
    "downstream_auth_password": SOURCE,
    "downstream_auth_passwords": SOURCE,
    "downstream_auth_username": SOURCE,
    "keys": SOURCE,
    "password": SOURCE,
    "pkcs12": SOURCE,
    "private_key": SOURCE,
    "private_key_provider": MESSAGE,
    "secret": SOURCE,
    "secret_access_key": STRING,
    "secret_data": SOURCE,
    "secrets": SOURCE,
    "session_token": STRING,
    "users": SOURCE,
    "web_identity_token_data_source": SOURCE,
}
