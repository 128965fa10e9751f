using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PostProcessors;

/// <summary><c>RobertaProcessing</c>: trims offsets like <c>ByteLevel</c>, then puts one token before the text and one behind it.</summary>
internal sealed record RobertaPostProcessor(SpecialToken Separator, SpecialToken Start, bool TrimOffsets, bool AddPrefixSpace) : IPostProcessor
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static RobertaPostProcessor Read(JsonView json) => new(
        SpecialToken.Read(json["sep"]),
        SpecialToken.Read(json["cls"]),
        json["trim_offsets"].AsBoolean(),
        json["add_prefix_space"].AsBoolean());

    /// <inheritdoc/>
    public int CountAdded(bool isPair) => isPair ? 4 : 2;

    /// <inheritdoc/>
    public IReadOnlyList<Draft> Process(IReadOnlyList<Draft> drafts, IVocabulary vocabulary, bool addSpecialTokens)
    {
        IReadOnlyList<Draft> texts = TrimOffsets ? ByteLevelPostProcessor.Trim(drafts, vocabulary, AddPrefixSpace) : drafts;

        // RoBERTa knows no types. As in the reference, further parts are only told when tokens are added.
        texts = [.. texts.Select(text => text.With(info => info with { Type = 0 }, alsoOverflow: addSpecialTokens))];
        if (!addSpecialTokens)
        {
            return texts;
        }

        Draft start = Draft.OfAdded([Start.Id], type: 0);
        Draft separator = Draft.OfAdded([Separator.Id], type: 0);
        return [.. texts.Select((text, index) => text.Surround(index == 0 ? start : separator, separator))];
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "RobertaProcessing");
        Separator.Write(json, "sep");
        Start.Write(json, "cls");
        json.WriteBoolean("trim_offsets", TrimOffsets);
        json.WriteBoolean("add_prefix_space", AddPrefixSpace);
        json.WriteEndObject();
    }
}
