using System.Globalization;
using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.Decoders;

/// <summary><c>ByteFallback</c>: runs of pieces <c>&lt;0xNN&gt;</c> become the text of their bytes.</summary>
/// <remarks>A run that is not valid UTF-8 as a whole becomes one U+FFFD per byte, as in the reference.</remarks>
internal sealed class ByteFallbackDecoder : IDecoder
{
    private static readonly System.Text.UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static ByteFallbackDecoder Read(JsonView json) => new();

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        var result = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (string token in tokens)
        {
            if (TryReadByte(token, out byte value))
            {
                run.Add(value);
            }
            else
            {
                Flush(run, result);
                result.Add(token);
            }
        }

        Flush(run, result);
        tokens.Clear();
        tokens.AddRange(result);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteFallback");
        json.WriteEndObject();
    }

    private static bool TryReadByte(string token, out byte value)
    {
        value = 0;
        return token.Length == 6
            && token.StartsWith("<0x", StringComparison.Ordinal)
            && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static void Flush(List<byte> run, List<string> result)
    {
        if (run.Count == 0)
        {
            return;
        }

        byte[] bytes = [.. run];
        run.Clear();
        try
        {
            result.Add(Strict.GetString(bytes));
        }
        catch (System.Text.DecoderFallbackException)
        {
            result.Add(new string('\uFFFD', bytes.Length));
        }
    }
}
