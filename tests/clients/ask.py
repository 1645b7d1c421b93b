"""LangChain's and LlamaIndex's classes for OpenAI's API ask the sample workspace, as their users would: whole, as a stream, through both
endpoints. Run by `python -m tests.clients`, in an environment that holds `requirements.txt` and nothing of ours."""

from __future__ import annotations

import sys

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai import OpenAIResponses
from llama_index.llms.openai_like import OpenAILike

QUESTION, ANSWER = "How many orders were cancelled?", "154"
UNKNOWN = "What is the capital of France?"


@tool
def order_status(order: int) -> str:
    """What an order waits for."""
    return f"Order {order} waits for its goods."


def langchain(url: str) -> None:
    for responses in (False, True):
        model = ChatOpenAI(base_url=url, api_key="none", model="reckoner", use_responses_api=responses)  # type: ignore[arg-type]
        said = model.invoke(QUESTION)
        assert ANSWER in said.text, said
        assert said.usage_metadata is not None and said.usage_metadata["total_tokens"] > 0
        streamed = list(model.stream(QUESTION))
        assert "".join(chunk.text for chunk in streamed) == said.text and len(streamed) > 3
        refused = model.invoke(UNKNOWN)
        assert "I found no answer" in str(refused), refused
        # That a call arrives as these classes read it; whether the model chose its argument well is a matter of exams.
        called = model.bind_tools([order_status], tool_choice="order_status").invoke("What is order 17 waiting for?")
        assert called.tool_calls, called
        (call,) = called.tool_calls
        assert call["name"] == "order_status" and isinstance(call["args"]["order"], int), called
        print(f"LangChain, {'responses' if responses else 'chat completions'}: {said.text!r}; calls {call['name']}({call['args']})")
    embeddings = OpenAIEmbeddings(base_url=url, api_key="none", model="reckoner-embedder", check_embedding_ctx_length=False)  # type: ignore[arg-type]
    vectors = embeddings.embed_documents(["Tents carry a warranty.", "Salaries are paid on the 25th."])
    assert len(vectors) == 2 and len(vectors[0]) == len(vectors[1]) > 10
    print(f"LangChain, embeddings: {len(vectors)} of {len(vectors[0])} dimensions")


def llama_index(url: str) -> None:
    chat = OpenAILike(api_base=url, api_key="none", model="reckoner", is_chat_model=True)
    responses = OpenAIResponses(api_base=url, api_key="none", model="reckoner", context_window=2000)
    for name, model in (("OpenAILike", chat), ("OpenAIResponses", responses)):
        said = model.chat([ChatMessage(role="user", content=QUESTION)]).message.content
        assert said is not None and ANSWER in said, said
        assert ANSWER in model.complete(QUESTION).text
        assert "".join(part.delta or "" for part in model.stream_chat([ChatMessage(role="user", content=QUESTION)])) == said
        print(f"LlamaIndex, {name}: {said!r}")


if __name__ == "__main__":
    langchain(sys.argv[1])
    llama_index(sys.argv[1])
