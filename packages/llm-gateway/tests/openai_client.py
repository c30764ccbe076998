"""What OpenAI's own client makes of the gateway: one JSON document on standard output.

usage: OPENAI_BASE_URL=... OPENAI_API_KEY=... openai_client.py
"""

import json

import openai

client = openai.OpenAI(max_retries=0)
messages = [{"role": "user", "content": "hello"}]
whole = client.chat.completions.create(
    model="m", messages=messages, seed=7, extra_body={"unheard_of": {"a": [1]}}
)
chunks = list(client.chat.completions.create(model="m", messages=messages, stream=True))
try:
    client.chat.completions.create(model="refused", messages=messages)
    refused = None
except openai.BadRequestError as error:
    refused = error.code
try:
    openai.OpenAI(api_key="wrong", max_retries=0).models.list()
    unauthorized = False
except openai.AuthenticationError:
    unauthorized = True
print(
    json.dumps(
        {
            "content": whole.choices[0].message.content,
            "usage": whole.usage.total_tokens,
            "streamed": "".join(c.choices[0].delta.content or "" for c in chunks if c.choices),
            "models": [model.id for model in client.models.list()],
            "refused": refused,
            "unauthorized": unauthorized,
        }
    )
)
