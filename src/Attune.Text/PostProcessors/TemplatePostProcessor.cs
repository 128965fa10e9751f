using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PostProcessors;

/// <summary><c>TemplateProcessing</c>: lays out the text and special tokens as a template says.</summary>
internal sealed class TemplatePostProcessor : IPostProcessor
{
    private readonly TemplatePiece[] _single;
    private readonly TemplatePiece[] _pair;
    private readonly TemplateToken[] _tokens;
    private readonly Dictionary<string, TemplateToken> _tokensById;

    /// <summary>Makes a post-processor.</summary>
    /// <param name="single">Template of one text.</param>
    /// <param name="pair">Template of two texts.</param>
    /// <param name="tokens">The special tokens that the templates name.</param>
    /// <param name="place">Where the component stands, for errors.</param>
    /// <exception cref="TextException">A template names a token that is not there.</exception>
    public TemplatePostProcessor(TemplatePiece[] single, TemplatePiece[] pair, TemplateToken[] tokens, string place)
    {
        _single = single;
        _pair = pair;
        _tokens = tokens;
        _tokensById = tokens.ToDictionary(token => token.Name, StringComparer.Ordinal);
        foreach (TemplatePiece piece in single.Concat(pair))
        {
            if (!piece.IsSequence && !_tokensById.ContainsKey(piece.Name))
            {
                throw new TextException($"{place}: the template names the token '{piece.Name}', which special_tokens lacks");
            }
        }
    }

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static TemplatePostProcessor Read(JsonView json) => new(
        [.. json["single"].Items().Select(TemplatePiece.Read)],
        [.. json["pair"].Items().Select(TemplatePiece.Read)],
        [.. json["special_tokens"].Members().Select(member => TemplateToken.Read(member.Name, member.Value))],
        json.Place);

    /// <inheritdoc/>
    public int CountAdded(bool isPair) => (isPair ? _pair : _single).Where(piece => !piece.IsSequence).Sum(piece => _tokensById[piece.Name].Ids.Length);

    /// <inheritdoc/>
    public IReadOnlyList<Draft> Process(IReadOnlyList<Draft> drafts, IVocabulary vocabulary, bool addSpecialTokens)
    {
        var layout = new List<Draft>();
        foreach (TemplatePiece piece in drafts.Count > 1 ? _pair : _single)
        {
            int index = piece.Name == "A" ? 0 : 1;
            if (!piece.IsSequence)
            {
                if (addSpecialTokens)
                {
                    layout.Add(Draft.OfAdded(_tokensById[piece.Name].Ids, piece.TypeId));
                }
            }
            else if (index < drafts.Count)
            {
                layout.Add(drafts[index].With(info => info with { Type = piece.TypeId }, alsoOverflow: false));
            }
        }

        return layout;
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "TemplateProcessing");
        Write(json, "single", _single);
        Write(json, "pair", _pair);
        json.WriteStartObject("special_tokens");
        foreach (TemplateToken token in _tokens)
        {
            token.Write(json);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, TemplatePiece[] pieces)
    {
        json.WriteStartArray(name);
        foreach (TemplatePiece piece in pieces)
        {
            piece.Write(json);
        }

        json.WriteEndArray();
    }
}

/// <summary>A place of a template: a text (A or B) or a special token.</summary>
internal sealed record TemplatePiece(bool IsSequence, string Name, int TypeId)
{
    /// <summary>Reads the place.</summary>
    public static TemplatePiece Read(JsonView json)
    {
        bool isSequence = !json["Sequence"].IsAbsent;
        JsonView piece = isSequence ? json["Sequence"] : json["SpecialToken"];
        if (piece.IsAbsent)
        {
            throw json.Error("expected an object with 'Sequence' or 'SpecialToken'");
        }

        string name = piece["id"].AsString();
        if (isSequence && name is not ("A" or "B"))
        {
            throw piece["id"].Error($"expected 'A' or 'B', found '{name}'");
        }

        return new TemplatePiece(isSequence, name, piece["type_id"].AsCount());
    }

    /// <summary>Writes the place.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject(IsSequence ? "Sequence" : "SpecialToken");
        json.WriteString("id", Name);
        json.WriteNumber("type_id", TypeId);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

/// <summary>A special token of a template: one or more ids with their tokens.</summary>
internal sealed record TemplateToken(string Name, int[] Ids, string[] Tokens)
{
    /// <summary>Reads the token.</summary>
    public static TemplateToken Read(string name, JsonView json)
    {
        int[] ids = [.. json["ids"].Items().Select(id => id.AsCount())];
        string[] tokens = [.. json["tokens"].Items().Select(token => token.AsString())];
        return ids.Length == tokens.Length
            ? new TemplateToken(name, ids, tokens)
            : throw json.Error($"expected as many ids as tokens, found {ids.Length} and {tokens.Length}");
    }

    /// <summary>Writes the token as a member.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject(Name);
        json.WriteString("id", Name);
        json.WriteStartArray("ids");
        foreach (int id in Ids)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
        json.WriteStartArray("tokens");
        foreach (string token in Tokens)
        {
            json.WriteStringValue(token);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
