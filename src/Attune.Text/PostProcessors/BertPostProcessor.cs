using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PostProcessors;

/// <summary><c>BertProcessing</c>: one token before the first text and one behind each.</summary>
internal sealed record BertPostProcessor(SpecialToken Separator, SpecialToken Start) : IPostProcessor
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static BertPostProcessor Read(JsonView json) => new(SpecialToken.Read(json["sep"]), SpecialToken.Read(json["cls"]));

    /// <inheritdoc/>
    public int CountAdded(bool isPair) => isPair ? 3 : 2;

    /// <inheritdoc/>
    public IReadOnlyList<Draft> Process(IReadOnlyList<Draft> drafts, IVocabulary vocabulary, bool addSpecialTokens) => !addSpecialTokens
        ? drafts
        : [.. drafts.Select((text, index) => text.Surround(index == 0 ? Draft.OfAdded([Start.Id], type: 0) : Draft.Empty, Draft.OfAdded([Separator.Id], type: Math.Min(index, 1))))];

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BertProcessing");
        Separator.Write(json, "sep");
        Start.Write(json, "cls");
        json.WriteEndObject();
    }
}

/// <summary>A token with its id, as <c>BertProcessing</c> and <c>RobertaProcessing</c> spell it: <c>["[SEP]", 2]</c>.</summary>
internal sealed record SpecialToken(string Token, int Id)
{
    /// <summary>Reads the pair.</summary>
    public static SpecialToken Read(JsonView json) => json.ArrayCount() == 2
        ? new SpecialToken(json.At(0).AsString(), json.At(1).AsCount())
        : throw json.Error($"expected a token and its id, found {json.ArrayCount()} values");

    /// <summary>Writes the pair as a member.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(Token);
        json.WriteNumberValue(Id);
        json.WriteEndArray();
    }
}
