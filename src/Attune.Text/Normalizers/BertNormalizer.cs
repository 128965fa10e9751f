using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Normalizers;

/// <summary><c>BertNormalizer</c>: cleans control characters, puts blanks around ideographs, strips accents, lowers case.</summary>
/// <param name="cleanText">Whether control characters go and white space becomes blanks.</param>
/// <param name="handleChineseChars">Whether ideographs stand alone.</param>
/// <param name="stripAccents">Whether accents go; null means as <paramref name="lowercase"/>.</param>
/// <param name="lowercase">Whether letters become small.</param>
internal sealed class BertNormalizer(bool cleanText, bool handleChineseChars, bool? stripAccents, bool lowercase) : INormalizer
{
    private readonly StepChain _steps = new([.. Steps(cleanText, handleChineseChars, stripAccents ?? lowercase, lowercase)]);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static BertNormalizer Read(JsonView json) => new(
        json.OptionalBoolean("clean_text", absent: true),
        json.OptionalBoolean("handle_chinese_chars", absent: true),
        json["strip_accents"] is { IsAbsent: false } strip ? strip.AsBoolean() : null,
        json.OptionalBoolean("lowercase", absent: true));

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => _steps.LeavesUnchanged(text);

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target) => _steps.Rewrite(source, start, end, target);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("clean_text", cleanText);
        json.WriteBoolean("handle_chinese_chars", handleChineseChars);
        if (stripAccents is { } strip)
        {
            json.WriteBoolean("strip_accents", strip);
        }
        else
        {
            json.WriteNull("strip_accents");
        }

        json.WriteBoolean("lowercase", lowercase);
        json.WriteEndObject();
    }

    private static IEnumerable<IPieceStep> Steps(bool clean, bool chinese, bool strip, bool lower)
    {
        if (clean)
        {
            yield return new CharacterMap(Clean, static text => text.IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0 && text.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0 && !text.Contains((byte)0x7F));
        }

        if (chinese)
        {
            yield return new IdeographSpacer();
        }

        if (strip)
        {
            yield return UnicodeNormalizer.Nfd;
            yield return new CharacterMap(
                static codePoint => CharacterSets.Accent.Contains(codePoint) ? CharacterMap.Removed : codePoint,
                static text => text.IndexOfAnyInRange((byte)0xCC, (byte)0xFF) < 0);
        }

        if (lower)
        {
            yield return new LowercaseNormalizer();
        }
    }

    private static int Clean(int codePoint) => codePoint switch
    {
        '\t' or '\n' or '\r' => ' ',
        _ when CharacterClasses.IsSpace(codePoint) && !CharacterSets.Control.Contains(codePoint) => ' ',
        _ when CharacterSets.Control.Contains(codePoint) => CharacterMap.Removed,
        _ => codePoint,
    };

    private sealed class IdeographSpacer : IPieceStep
    {
        public bool LeavesUnchanged(ReadOnlySpan<byte> text) => text.IndexOfAnyInRange((byte)0xE3, (byte)0xFF) < 0;

        public void Rewrite(AlignedText source, int start, int end, AlignedText target)
        {
            for (int i = start; i < end;)
            {
                int codePoint = Utf8.Decode(source.Bytes, i, out int size);
                bool isIdeograph = IsIdeograph(codePoint);
                if (isIdeograph)
                {
                    target.Append(" "u8, source, i);
                }

                target.Append(codePoint, source, i);
                if (isIdeograph)
                {
                    target.Append(" "u8, source, i);
                }

                i += size;
            }
        }

        /// <summary>The ranges of BERT's tokenization.py, with the slip of the reference in the last but one.</summary>
        private static bool IsIdeograph(int codePoint) => codePoint
            is (>= 0x4E00 and <= 0x9FFF)
            or (>= 0x3400 and <= 0x4DBF)
            or (>= 0x20000 and <= 0x2A6DF)
            or (>= 0x2A700 and <= 0x2B81F)
            or (>= 0x2B920 and <= 0x2CEAF)
            or (>= 0xF900 and <= 0xFAFF)
            or (>= 0x2F800 and <= 0x2FA1F);
    }
}
