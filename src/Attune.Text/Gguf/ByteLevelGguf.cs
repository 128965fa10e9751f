using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Models;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.SentencePiece;

namespace Attune.Text.Gguf;

/// <summary>Byte-level BPE vocabularies (<c>gpt2</c>).</summary>
internal static class ByteLevelGguf
{
    /// <summary>Builds the tokenizer.</summary>
    public static Tokenizer Build(GgufVocabularySource source, string place)
    {
        string cut = source.Pre ?? KnownGgufPreTokenizers.Default;
        var bpe = new BpeModel(
            [.. source.Tokens.Select((token, id) => (token, id))],
            [.. source.Merges.Select((merge, rank) => SplitMerge(merge, rank, place))],
            new BpeOptions { IgnoreMerges = KnownGgufPreTokenizers.IgnoresMerges(cut) },
            place);
        return new PipelineTokenizer(new TokenizerParts(bpe, new AddedVocabulary(AddedTokens(source, place), bpe.Vocabulary, normalizer: null, place))
        {
            PreTokenizer = KnownGgufPreTokenizers.Build(cut, place),
            PostProcessor = SpecialTokenTemplate.Build(source.Tokens, source.AddBegin ?? KnownGgufPreTokenizers.AddsBegin(cut) ? source.BeginId : null, source.AddEnd == true ? source.EndId : null, place, source.IsJoined),
            Decoder = new ByteLevelDecoder(AddPrefixSpace: true, TrimOffsets: true, UseRegex: true),
        });
    }

    private static List<AddedToken> AddedTokens(GgufVocabularySource source, string place)
    {
        int?[] named = [source.BeginId, source.EndId, source.PadId];
        foreach (int id in named.OfType<int>())
        {
            SpecialTokenTemplate.Require(source.Tokens, id, place);
        }

        var added = new List<AddedToken>();
        for (int id = 0; id < source.Tokens.Count; id++)
        {
            var type = (PieceType?)source.TokenTypes?[id];
            bool special = type == PieceType.Control || named.Contains(id);
            if (special || type == PieceType.UserDefined)
            {
                added.Add(new AddedToken(id, source.Tokens[id]) { Special = special });
            }
        }

        return added;
    }

    private static (string Left, string Right) SplitMerge(string merge, int rank, string place)
    {
        // The left part has at least one character, so a blank at the very start belongs to it.
        int blank = merge.IndexOf(' ', Math.Min(1, merge.Length));
        return blank > 0 && blank < merge.Length - 1
            ? (merge[..blank], merge[(blank + 1)..])
            : throw new TextException($"{place}: merge {rank} is '{merge}'; expected two parts with a blank between them");
    }
}
