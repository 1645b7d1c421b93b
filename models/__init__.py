"""What learns: tokenizer, transformer, training loop, decoding, embedder. Needs torch, numpy, tokenizers and safetensors only."""
