using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.PostProcessors;

/// <summary><c>ByteLevel</c>: moves offsets past the white space at both ends of a token.</summary>
/// <param name="AddPrefixSpace">Whether the pre-tokenizer put a blank before the text, which no offset covers.</param>
/// <param name="TrimOffsets">Whether offsets are changed at all.</param>
/// <param name="UseRegex">Only kept for writing.</param>
internal sealed record ByteLevelPostProcessor(bool AddPrefixSpace, bool TrimOffsets, bool UseRegex) : IPostProcessor
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static ByteLevelPostProcessor Read(JsonView json) => new(
        json.OptionalBoolean("add_prefix_space", absent: true),
        json.OptionalBoolean("trim_offsets", absent: true),
        json.OptionalBoolean("use_regex", absent: true));

    /// <inheritdoc/>
    public int CountAdded(bool isPair) => 0;

    /// <inheritdoc/>
    public IReadOnlyList<Draft> Process(IReadOnlyList<Draft> drafts, IVocabulary vocabulary, bool addSpecialTokens) =>
        TrimOffsets ? Trim(drafts, vocabulary, AddPrefixSpace) : drafts;

    /// <summary>Moves offsets past white space.</summary>
    public static IReadOnlyList<Draft> Trim(IReadOnlyList<Draft> drafts, IVocabulary vocabulary, bool addPrefixSpace) =>
        [.. drafts.Select(draft => Trim(draft, vocabulary, addPrefixSpace))];

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", AddPrefixSpace);
        json.WriteBoolean("trim_offsets", TrimOffsets);
        json.WriteBoolean("use_regex", UseRegex);
        json.WriteEndObject();
    }

    private static Draft Trim(Draft draft, IVocabulary vocabulary, bool addPrefixSpace)
    {
        var offsets = new (int Start, int End)[draft.Count];
        for (int i = 0; i < offsets.Length; i++)
        {
            ReadOnlySpan<byte> token = vocabulary.Token(draft.Ids[i]);
            (int start, int end) = draft.Offsets[i];
            int leading = CountLeading(token);
            if (leading > 0)
            {
                // The blank that was put before the text is not part of it.
                bool isFirst = i == 0 || start == 0;
                start = Math.Min(start + (isFirst && addPrefixSpace ? leading - 1 : leading), end);
            }

            int trailing = CountTrailing(token);
            if (trailing > 0 && end >= trailing)
            {
                end = Math.Max(end - trailing, start);
            }

            offsets[i] = (start, end);
        }

        return new Draft(draft.Ids, offsets, draft.Infos) { Overflow = Trim(draft.Overflow, vocabulary, addPrefixSpace) };
    }

    private static int CountLeading(ReadOnlySpan<byte> token)
    {
        int count = 0;
        for (int i = 0; i < token.Length; count++)
        {
            if (!IsBlank(Utf8.Decode(token, i, out int size)))
            {
                break;
            }

            i += size;
        }

        return count;
    }

    private static int CountTrailing(ReadOnlySpan<byte> token)
    {
        int count = 0;
        for (int end = token.Length; end > 0; count++)
        {
            if (!IsBlank(Utf8.DecodeBefore(token, end, out int size)))
            {
                break;
            }

            end -= size;
        }

        return count;
    }

    private static bool IsBlank(int codePoint) => ByteAlphabet.IsBlank(codePoint) || CharacterClasses.IsSpace(codePoint);
}
