using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Gguf;
using Attune.Text.Models;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;

namespace Attune.Text;

/// <summary>Builds tokenizers from the vocabulary in the metadata of a GGUF file (<c>tokenizer.ggml.*</c>).</summary>
public static class GgufVocabulary
{
    private const int ControlToken = 3;
    private const int UserDefinedToken = 4;

    /// <summary>Builds a byte-level BPE tokenizer.</summary>
    /// <param name="model"><c>tokenizer.ggml.model</c>; <c>gpt2</c> means byte-level BPE.</param>
    /// <param name="pre"><c>tokenizer.ggml.pre</c>, how text is cut; null for what llama.cpp does by default.</param>
    /// <param name="tokens"><c>tokenizer.ggml.tokens</c>; the index is the id.</param>
    /// <param name="merges"><c>tokenizer.ggml.merges</c>: two parts with a blank between them.</param>
    /// <param name="tokenTypes"><c>tokenizer.ggml.token_type</c>: 3 is a control token (special), 4 a user-defined one; null when the file has none.</param>
    /// <param name="beginId"><c>tokenizer.ggml.bos_token_id</c>.</param>
    /// <param name="endId"><c>tokenizer.ggml.eos_token_id</c>.</param>
    /// <param name="padId"><c>tokenizer.ggml.padding_token_id</c>.</param>
    /// <param name="addBegin"><c>tokenizer.ggml.add_bos_token</c>: whether special tokens include the beginning of text.</param>
    /// <param name="addEnd"><c>tokenizer.ggml.add_eos_token</c>: whether special tokens include the end of text.</param>
    /// <param name="nameForErrors">What errors call the file.</param>
    /// <exception cref="TextException">The model or the cut is not known, or the arrays do not fit together.</exception>
    public static Tokenizer Build(
        string model,
        string? pre,
        IReadOnlyList<string> tokens,
        IReadOnlyList<string> merges,
        IReadOnlyList<int>? tokenTypes = null,
        int? beginId = null,
        int? endId = null,
        int? padId = null,
        bool addBegin = false,
        bool addEnd = false,
        string nameForErrors = "GGUF vocabulary")
    {
        if (model != "gpt2")
        {
            throw new TextException($"{nameForErrors}: tokenizer.ggml.model is '{model}'; known is gpt2 (byte-level BPE)");
        }

        if (tokenTypes is not null && tokenTypes.Count != tokens.Count)
        {
            throw new TextException($"{nameForErrors}: expected one token type per token, found {tokenTypes.Count} types and {tokens.Count} tokens");
        }

        string cut = pre ?? KnownGgufPreTokenizers.Default;
        var bpe = new BpeModel(
            [.. tokens.Select((token, id) => (token, id))],
            [.. merges.Select((merge, rank) => SplitMerge(merge, rank, nameForErrors))],
            new BpeOptions { IgnoreMerges = KnownGgufPreTokenizers.IgnoresMerges(cut) },
            nameForErrors);
        int?[] named = [beginId, endId, padId];
        foreach (int id in named.OfType<int>())
        {
            Require(tokens, id, nameForErrors);
        }

        var added = new List<AddedToken>();
        for (int id = 0; id < tokens.Count; id++)
        {
            bool special = tokenTypes?[id] == ControlToken || named.Contains(id);
            if (special || tokenTypes?[id] == UserDefinedToken)
            {
                added.Add(new AddedToken(id, tokens[id]) { Special = special });
            }
        }

        return new PipelineTokenizer(new TokenizerParts(bpe, new AddedVocabulary(added, bpe.Vocabulary, normalizer: null, nameForErrors))
        {
            PreTokenizer = KnownGgufPreTokenizers.Build(cut, nameForErrors),
            PostProcessor = BuildPostProcessor(tokens, addBegin ? beginId : null, addEnd ? endId : null, nameForErrors),
            Decoder = new ByteLevelDecoder(AddPrefixSpace: true, TrimOffsets: true, UseRegex: true),
        });
    }

    private static (string Left, string Right) SplitMerge(string merge, int rank, string name)
    {
        // The left part has at least one character, so a blank at the very start belongs to it.
        int blank = merge.IndexOf(' ', Math.Min(1, merge.Length));
        return blank > 0 && blank < merge.Length - 1
            ? (merge[..blank], merge[(blank + 1)..])
            : throw new TextException($"{name}: merge {rank} is '{merge}'; expected two parts with a blank between them");
    }

    private static void Require(IReadOnlyList<string> tokens, int id, string name)
    {
        if (id < 0 || id >= tokens.Count)
        {
            throw new TextException($"{name}: the metadata names the special token {id}; expected an id below {tokens.Count}");
        }
    }

    private static TemplatePostProcessor? BuildPostProcessor(IReadOnlyList<string> tokens, int? begin, int? end, string name)
    {
        if (begin is null && end is null)
        {
            return null;
        }

        TemplateToken[] special = [.. new[] { begin, end }.OfType<int>().Distinct().Select(id => new TemplateToken(tokens[id], [id], [tokens[id]]))];
        IEnumerable<TemplatePiece> Around(string text, int type)
        {
            if (begin is { } first)
            {
                yield return new TemplatePiece(IsSequence: false, tokens[first], type);
            }

            yield return new TemplatePiece(IsSequence: true, text, type);
            if (end is { } last)
            {
                yield return new TemplatePiece(IsSequence: false, tokens[last], type);
            }
        }

        return new TemplatePostProcessor([.. Around("A", 0)], [.. Around("A", 0), .. Around("B", 1)], special, name);
    }
}
