using System.Globalization;
using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Unicode;

namespace Attune.Text.Models;

/// <summary>Byte-pair encoding (Sennrich et al. 2016) as Hugging Face's <c>BPE</c>.</summary>
internal sealed class BpeModel : ITokenizerModel
{
    private readonly (string Left, string Right)[] _mergeTexts;

    /// <summary>Makes a model.</summary>
    /// <param name="tokens">Tokens with their ids.</param>
    /// <param name="merges">Merges in order of rank.</param>
    /// <param name="options">Options.</param>
    /// <param name="place">Where the model stands, for errors.</param>
    /// <param name="ranks">Ranks of the merges where several may be equal; null when every merge has a rank of its own.</param>
    /// <param name="mergePlace">Where a merge stands, for errors; null for its place in tokenizer.json.</param>
    /// <exception cref="TextException">The vocabulary lacks a part or the result of a merge, or the unknown token.</exception>
    public BpeModel(IReadOnlyList<(string Token, int Id)> tokens, (string Left, string Right)[] merges, BpeOptions options, string place, int[]? ranks = null, Func<int, string>? mergePlace = null)
    {
        Vocabulary = new TokenTable(tokens, place + ".vocab");
        _mergeTexts = merges;
        Options = options;
        Prefix = Utf8Of(options.ContinuingSubwordPrefix);
        Suffix = Utf8Of(options.EndOfWordSuffix);
        Merges = BuildMerges(merges, ranks, mergePlace ?? (merge => $"{place}.merges[{merge}]"));
        UnknownId = FindUnknown(options.UnknownToken, place);
        for (int i = 0; i < 256; i++)
        {
            ByteLevelIds[i] = Vocabulary.Find(ByteAlphabet.ToCharacter((byte)i).ToString());
            ByteIds[i] = options.ByteFallback ? Vocabulary.Find(string.Create(CultureInfo.InvariantCulture, $"<0x{i:X2}>")) : -1;
        }

        ReadsByteLevel = Prefix.Length == 0 && Suffix.Length == 0 && Array.IndexOf(ByteLevelIds, -1) < 0;
    }

    /// <inheritdoc/>
    public TokenTable Vocabulary { get; }

    /// <inheritdoc/>
    /// <remarks>Where bytes can be unknown, offsets depend on how characters are spelled; then pieces are read as they are spelled, as in the reference.</remarks>
    public bool ReadsByteLevel { get; }

    /// <summary>The options.</summary>
    public BpeOptions Options { get; }

    /// <summary>The merges.</summary>
    public MergeTable Merges { get; }

    /// <summary>Ids of the characters of the byte-level alphabet by byte; -1 where there is none, which <see cref="ReadsByteLevel"/> excludes.</summary>
    public int[] ByteLevelIds { get; } = new int[256];

    /// <summary>Ids of the byte pieces <c>&lt;0xNN&gt;</c>; -1 where there is none or they are not used.</summary>
    public int[] ByteIds { get; } = new int[256];

    /// <summary>Id of the unknown token; -1 when unknown characters are left out.</summary>
    public int UnknownId { get; }

    /// <summary>Whether neighbouring unknown characters become one token.</summary>
    public bool FuseUnknown => Options.FuseUnknown;

    /// <summary>Whether a piece that is a token as a whole is taken without merging.</summary>
    public bool IgnoreMerges => Options.IgnoreMerges;

    /// <summary>Prefix of symbols that do not start a piece.</summary>
    public byte[] Prefix { get; }

    /// <summary>Suffix of the symbol that ends a piece.</summary>
    public byte[] Suffix { get; }

    /// <summary>Reads the model from tokenizer.json.</summary>
    public static BpeModel Read(JsonView json)
    {
        var options = new BpeOptions
        {
            Dropout = json["dropout"] is { IsAbsent: false } dropout ? dropout.AsDouble() : null,
            UnknownToken = json.OptionalString("unk_token"),
            ContinuingSubwordPrefix = json.OptionalString("continuing_subword_prefix"),
            EndOfWordSuffix = json.OptionalString("end_of_word_suffix"),
            FuseUnknown = json.OptionalBoolean("fuse_unk"),
            ByteFallback = json.OptionalBoolean("byte_fallback"),
            IgnoreMerges = json.OptionalBoolean("ignore_merges"),
        };
        JsonView mergeList = json["merges"];
        var merges = new List<(string, string)>(mergeList.ArrayCount());
        foreach (JsonView merge in mergeList.Items())
        {
            merges.Add(ReadMerge(merge));
        }

        return new BpeModel(json["vocab"].AsVocabulary(), [.. merges], options, json.Place);
    }

    /// <inheritdoc/>
    public IModelSession CreateSession(bool byteLevel) => new BpeSession(this, byteLevel);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BPE");
        if (Options.Dropout is { } dropout)
        {
            json.WriteNumber("dropout", dropout);
        }
        else
        {
            json.WriteNull("dropout");
        }

        json.WriteString("unk_token", Options.UnknownToken);
        json.WriteString("continuing_subword_prefix", Options.ContinuingSubwordPrefix);
        json.WriteString("end_of_word_suffix", Options.EndOfWordSuffix);
        json.WriteBoolean("fuse_unk", Options.FuseUnknown);
        json.WriteBoolean("byte_fallback", Options.ByteFallback);
        json.WriteBoolean("ignore_merges", Options.IgnoreMerges);
        Vocabulary.Write(json, "vocab");
        json.WriteStartArray("merges");
        foreach ((string left, string right) in _mergeTexts)
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static (string Left, string Right) ReadMerge(JsonView merge)
    {
        if (!merge.IsString)
        {
            if (merge.ArrayCount() != 2)
            {
                throw merge.Error($"expected two parts, found {merge.ArrayCount()}");
            }

            return (merge.At(0).AsString(), merge.At(1).AsString());
        }

        string text = merge.AsString();
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0 || text.IndexOf(' ', blank + 1) >= 0)
        {
            throw merge.Error($"expected two parts with one blank between them, found '{text}'");
        }

        return (text[..blank], text[(blank + 1)..]);
    }

    private static byte[] Utf8Of(string? text) => text is null ? [] : System.Text.Encoding.UTF8.GetBytes(text);

    private MergeTable BuildMerges((string Left, string Right)[] merges, int[]? ranks, Func<int, string> place)
    {
        var ids = new (int, int, int)[merges.Length];
        var joined = new List<byte>();
        for (int i = 0; i < merges.Length; i++)
        {
            byte[] left = Utf8Of(merges[i].Left);
            byte[] right = Utf8Of(merges[i].Right);
            joined.Clear();
            joined.AddRange(left);
            joined.AddRange(right.AsSpan(Math.Min(right.Length, Prefix.Length)));
            ids[i] = (Require(left, i, place), Require(right, i, place), Require(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(joined), i, place));
        }

        return new MergeTable(ids, ranks);
    }

    private int Require(ReadOnlySpan<byte> token, int merge, Func<int, string> place)
    {
        int id = Vocabulary.Find(token);
        return id >= 0
            ? id
            : throw new TextException($"{place(merge)}: the vocabulary has no token '{System.Text.Encoding.UTF8.GetString(token)}'; every merge needs its two parts and its result there");
    }

    private int FindUnknown(string? token, string place)
    {
        if (token is null)
        {
            return -1;
        }

        int id = Vocabulary.Find(token);
        return id >= 0 ? id : throw new TextException($"{place}.unk_token: the vocabulary has no token '{token}'");
    }
}

/// <summary>Options of a BPE model; names as in tokenizer.json.</summary>
internal sealed record BpeOptions
{
    /// <summary>Probability with which training leaves merges out; only kept for writing, because encoding is deterministic here.</summary>
    public double? Dropout { get; init; }

    /// <summary>Token for unknown characters; null leaves them out.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Prefix of symbols that do not start a piece.</summary>
    public string? ContinuingSubwordPrefix { get; init; }

    /// <summary>Suffix of the symbol that ends a piece.</summary>
    public string? EndOfWordSuffix { get; init; }

    /// <summary>Whether neighbouring unknown characters become one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether unknown characters become the pieces <c>&lt;0xNN&gt;</c> of their bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a piece that is a token as a whole is taken without merging.</summary>
    public bool IgnoreMerges { get; init; }
}
