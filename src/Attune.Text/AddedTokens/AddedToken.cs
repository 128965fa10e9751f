using System.Text.Json;
using Attune.Text.Json;

namespace Attune.Text.AddedTokens;

/// <summary>A token that is found in text before anything else happens to it; names as in tokenizer.json.</summary>
internal sealed record AddedToken(int Id, string Content)
{
    /// <summary>Whether it is only found where no word character touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Whether it takes the white space before it.</summary>
    public bool TakesSpaceBefore { get; init; }

    /// <summary>Whether it takes the white space behind it.</summary>
    public bool TakesSpaceBehind { get; init; }

    /// <summary>Whether it is looked for in the normalised text.</summary>
    public bool Normalized { get; init; }

    /// <summary>Whether decoding can skip it.</summary>
    public bool Special { get; init; }

    /// <summary>Reads the token from tokenizer.json.</summary>
    public static AddedToken Read(JsonView json) => Read(json["id"].AsCount(), json);

    /// <summary>Reads the token where its id stands elsewhere.</summary>
    public static AddedToken Read(int id, JsonView json) => new(id, json["content"].AsString())
    {
        SingleWord = json["single_word"].AsBoolean(),
        TakesSpaceBefore = json["lstrip"].AsBoolean(),
        TakesSpaceBehind = json["rstrip"].AsBoolean(),
        Normalized = json["normalized"].AsBoolean(),
        Special = json["special"].AsBoolean(),
    };

    /// <summary>Writes the token as an object of tokenizer.json.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("id", Id);
        json.WriteString("content", Content);
        json.WriteBoolean("single_word", SingleWord);
        json.WriteBoolean("lstrip", TakesSpaceBefore);
        json.WriteBoolean("rstrip", TakesSpaceBehind);
        json.WriteBoolean("normalized", Normalized);
        json.WriteBoolean("special", Special);
        json.WriteEndObject();
    }
}
