using System.Text;
using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Normalizers;

/// <summary><c>Lowercase</c>: every character in lower case, independent of language.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    private const int DottedCapitalI = 0x130;
    private const int DotAbove = 0x307;

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static LowercaseNormalizer Read(JsonView json) => new();

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) =>
        text.IndexOfAnyInRange((byte)'A', (byte)'Z') < 0 && text.IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0;

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        for (int i = start; i < end;)
        {
            int codePoint = Utf8.Decode(source.Bytes, i, out int size);
            target.Append(codePoint == DottedCapitalI ? 'i' : Rune.ToLowerInvariant(new Rune(codePoint)).Value, source, i);
            if (codePoint == DottedCapitalI)
            {
                // The only character whose lower case has two (SpecialCasing.txt).
                target.Append(DotAbove, source, i);
            }

            i += size;
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Lowercase");
        json.WriteEndObject();
    }
}
