namespace Attune.Formats;

/// <summary>XLM-RoBERTa (BGE-M3, multilingual E5): RoBERTa with a Unigram vocabulary, by which its files are known.</summary>
internal sealed class XlmRobertaGguf() : RobertaGguf("xlm-roberta", "XLMRobertaModel", "t5");
