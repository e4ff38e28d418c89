//! The benchmarks of LLM-grounded diffusion (sections A.7, A.8 and D).
