using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Normalizers;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;

namespace Attune.Text.PreTokenizers;

/// <summary>Where <c>Metaspace</c> puts its character before text.</summary>
internal enum PrependScheme
{
    /// <summary>Before the first piece of the text.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>Before every piece.</summary>
    Always,
}

/// <summary>The settings of <c>Metaspace</c>, which is both a pre-tokenizer and a decoder.</summary>
internal sealed record MetaspaceSettings(string Replacement, PrependScheme Prepend, bool Split)
{
    /// <summary>Reads the settings; <c>add_prefix_space</c> is the older spelling of the scheme.</summary>
    public static MetaspaceSettings Read(JsonView json)
    {
        bool addPrefix = json.OptionalBoolean("add_prefix_space", absent: true);
        PrependScheme scheme = addPrefix ? PrependScheme.Always : PrependScheme.Never;
        if (json["prepend_scheme"] is { IsAbsent: false } given)
        {
            scheme = given.AsString() switch
            {
                "first" => PrependScheme.First,
                "never" => PrependScheme.Never,
                "always" => PrependScheme.Always,
                var other => throw given.Error($"expected 'first', 'never' or 'always', found '{other}'"),
            };
            if (!addPrefix && scheme != PrependScheme.Never)
            {
                throw given.Error($"expected 'never' beside add_prefix_space false, found '{given.AsString()}'");
            }
        }

        return new MetaspaceSettings(json["replacement"].AsCharacter(), scheme, json.OptionalBoolean("split", absent: true));
    }

    /// <summary>Writes the component as an object of tokenizer.json.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Metaspace");
        json.WriteString("replacement", Replacement);
        json.WriteString("prepend_scheme", Prepend switch
        {
            PrependScheme.First => "first",
            PrependScheme.Never => "never",
            _ => "always",
        });
        json.WriteBoolean("split", Split);
        json.WriteEndObject();
    }
}

/// <summary><c>Metaspace</c>: writes blanks as a visible character and cuts before it.</summary>
internal sealed class MetaspacePreTokenizer(MetaspaceSettings settings) : IPreTokenizer, IPieceRewriter
{
    private readonly byte[] _replacement = System.Text.Encoding.UTF8.GetBytes(settings.Replacement);
    private readonly PatternReplacer _replacer = new(new StringPattern(" "), settings.Replacement);
    private readonly PatternSplitter _splitter = new(new StringPattern(settings.Replacement), SplitBehavior.MergedWithNext, invert: false);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static MetaspacePreTokenizer Read(JsonView json) => new(MetaspaceSettings.Read(json));

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text)
    {
        text.Rewrite(this);
        if (settings.Split)
        {
            text.Refine(_splitter);
        }
    }

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        ReadOnlySpan<byte> piece = source.Bytes[start..end];
        bool isMarked = piece.StartsWith(_replacement) || piece[0] == ' ';
        bool prepends = settings.Prepend == PrependScheme.Always || (settings.Prepend == PrependScheme.First && source.Starts[start] == 0);
        if (prepends && !isMarked)
        {
            target.Append(_replacement, source, start);
        }

        _replacer.Rewrite(source, start, end, target);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json) => settings.Write(json);
}
