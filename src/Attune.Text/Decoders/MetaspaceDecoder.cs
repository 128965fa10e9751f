using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Decoders;

/// <summary><c>Metaspace</c>: turns the visible character back into blanks; the first token loses those at its start when one was put there.</summary>
internal sealed class MetaspaceDecoder(MetaspaceSettings settings) : IDecoder
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static MetaspaceDecoder Read(JsonView json) => new(MetaspaceSettings.Read(json));

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            // As in the reference, the first token loses its mark wherever it stands in the token.
            bool drops = i == 0 && settings.Prepend != PrependScheme.Never;
            tokens[i] = tokens[i].Replace(settings.Replacement, drops ? "" : " ", StringComparison.Ordinal);
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json) => settings.Write(json);
}
