using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Files;
using Attune.Text.Models;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;
using Attune.Text.Unicode;

namespace Attune.Text;

/// <summary>How a tiktoken rank file becomes a tokenizer.</summary>
/// <param name="Pattern">The regular expression that cuts text.</param>
public sealed record TiktokenOptions(string Pattern)
{
    /// <summary>Special tokens with their ids. Default none.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; init; } = new Dictionary<string, int>();

    /// <summary>The one of them that begins a text where special tokens are asked for. Default none.</summary>
    public string? BeginToken { get; init; }

    /// <summary>Whether special tokens that stand in the text are recognised. Default yes.</summary>
    public bool RecognizeSpecialTokens { get; init; } = true;
}

/// <summary>Reads tiktoken rank files: a token in base64 and its rank a line.</summary>
public static class TiktokenRanks
{
    /// <summary>Reads a file of a well-known vocabulary (r50k_base, p50k_base, cl100k_base, o200k_base, Llama 3, Qwen), which is recognised by its number of ranks.</summary>
    /// <exception cref="TextException">The file is no rank file, or its vocabulary is not known.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tokenizer Load(string path) => Parse(File.ReadAllBytes(path), path, out _);

    /// <summary>Reads the content of a file of a well-known vocabulary, which is recognised by its number of ranks.</summary>
    /// <param name="content">The content.</param>
    /// <param name="nameForErrors">What errors call the file.</param>
    /// <param name="vocabulary">What the vocabulary is called.</param>
    /// <exception cref="TextException">The content is no rank file, or its vocabulary is not known.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> content, string nameForErrors, out string vocabulary)
    {
        List<(byte[] Token, int Rank)> ranks = ReadLines(content.Span, nameForErrors);
        (vocabulary, TiktokenOptions options) = KnownRankFiles.Find(ranks.Count)
            ?? throw new TextException(
                $"{nameForErrors}: the file has {ranks.Count} ranks; how text is cut stands in no rank file and is known for those with as many ranks as {KnownRankFiles.Names}. "
                + "Put another one as tokenizer.model into a folder whose tokenizer_config.json lists its special tokens in added_tokens_decoder; text is then cut as for cl100k_base");
        return Build(ranks, nameForErrors, options);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="TextException">The file is no rank file, or the pattern cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tokenizer Load(string path, TiktokenOptions options) => Parse(File.ReadAllBytes(path), path, options);

    /// <summary>Reads the content of a file.</summary>
    /// <param name="content">The content.</param>
    /// <param name="nameForErrors">What errors call the file.</param>
    /// <param name="options">How it is used.</param>
    /// <exception cref="TextException">The content is no rank file, or the pattern cannot be read.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> content, string nameForErrors, TiktokenOptions options) => Parse(content, nameForErrors, _ => options);

    /// <summary>Reads the content of a file whose use depends on its number of ranks.</summary>
    internal static Tokenizer Parse(ReadOnlyMemory<byte> content, string nameForErrors, Func<int, TiktokenOptions> options)
    {
        List<(byte[] Token, int Rank)> ranks = ReadLines(content.Span, nameForErrors);
        return Build(ranks, nameForErrors, options(ranks.Count));
    }

    /// <summary>Whether a file is likely a rank file: text in base64 from its first byte on. A SentencePiece model starts with a tag of its first piece.</summary>
    /// <param name="content">The content of the file, or its start.</param>
    public static bool IsRankFile(ReadOnlySpan<byte> content) => content is [var first, ..] && (char.IsAsciiLetterOrDigit((char)first) || first is (byte)'+' or (byte)'/');

    private static PipelineTokenizer Build(List<(byte[] Token, int Rank)> ranks, string nameForErrors, TiktokenOptions options)
    {
        string[] spelled = [.. ranks.Select(entry => Spell(entry.Token))];
        var merges = new List<(string, string)>();
        var rankOfMerge = new List<int>();
        foreach ((int left, int right, int whole) in Merges(ranks))
        {
            merges.Add((spelled[left], spelled[right]));
            rankOfMerge.Add(ranks[whole].Rank);
        }

        // tiktoken takes a piece that is a token as a whole, however it would be merged.
        var model = new BpeModel(
            [.. spelled.Zip(ranks, (token, entry) => (token, entry.Rank))],
            [.. merges],
            new BpeOptions { IgnoreMerges = true },
            nameForErrors,
            [.. rankOfMerge]);
        if (!model.ReadsByteLevel)
        {
            throw new TextException($"{nameForErrors}: expected a token for each of the 256 bytes; the file is cut off or no rank file");
        }

        AddedToken[] special = [.. options.SpecialTokens.Select(entry => new AddedToken(entry.Value, entry.Key) { Special = true })];
        return new PipelineTokenizer(new TokenizerParts(model, new AddedVocabulary(special, model.Vocabulary, normalizer: null, nameForErrors, options.RecognizeSpecialTokens))
        {
            PreTokenizer = new SequencePreTokenizer(
            [
                new SplitPreTokenizer(new PatternSource(options.Pattern, IsRegex: true), KnownPatterns.Compile(options.Pattern, nameForErrors + ": pattern"), SplitBehavior.Isolated, invert: false),
                new ByteLevelPreTokenizer(AddPrefixSpace: false, TrimOffsets: true, UseRegex: false),
            ]),
            PostProcessor = options.BeginToken is { } begin ? TextTemplate.OfBegin(begin).Build(BeginId, nameForErrors) : null,
            Decoder = new ByteLevelDecoder(AddPrefixSpace: true, TrimOffsets: true, UseRegex: true),
        });

        int BeginId(string token) => options.SpecialTokens.TryGetValue(token, out int id)
            ? id
            : throw new TextException($"{nameForErrors}: the token '{token}' that is to begin texts is none of the special tokens; list it with its id or leave it out");
    }

    /// <summary>All merges in order of rank, those of one token by the ranks of their parts, as Hugging Face orders them.</summary>
    private static IEnumerable<(int Left, int Right, int Whole)> Merges(List<(byte[] Token, int Rank)> ranks)
    {
        var merges = new List<(int Left, int Right, int Whole)>();
        MergeFinder.FindAll(ranks.Count, id => ranks[id].Token, (left, right, whole) => merges.Add((left, right, whole)));
        return merges.OrderBy(merge => ranks[merge.Whole].Rank).ThenBy(merge => ranks[merge.Left].Rank).ThenBy(merge => ranks[merge.Right].Rank);
    }

    private static string Spell(byte[] token) => string.Create(token.Length, token, static (text, bytes) =>
    {
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = ByteAlphabet.ToCharacter(bytes[i]);
        }
    });

    private static List<(byte[] Token, int Rank)> ReadLines(ReadOnlySpan<byte> content, string file)
    {
        var ranks = new List<(byte[], int)>();
        for (int line = 1; !content.IsEmpty; line++)
        {
            int end = content.IndexOf((byte)'\n');
            ReadOnlySpan<byte> text = (end < 0 ? content : content[..end]).TrimEnd((byte)'\r');
            content = end < 0 ? default : content[(end + 1)..];
            if (!text.IsEmpty)
            {
                ranks.Add(ReadLine(text, line, file));
            }
        }

        return ranks;
    }

    private static (byte[] Token, int Rank) ReadLine(ReadOnlySpan<byte> line, int number, string file)
    {
        int blank = line.IndexOf((byte)' ');
        if (blank > 0 && int.TryParse(line[(blank + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int rank))
        {
            byte[] token = new byte[Base64.GetMaxDecodedFromUtf8Length(blank)];
            if (Base64.DecodeFromUtf8(line[..blank], token, out _, out int written) == OperationStatus.Done && written > 0)
            {
                return (token[..written], rank);
            }
        }

        throw new TextException($"{file}: line {number}: expected a token in base64, a blank and its rank");
    }
}
