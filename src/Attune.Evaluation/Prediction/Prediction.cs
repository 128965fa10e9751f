using System.Text.Json.Nodes;

namespace Attune.Evaluation.Prediction;

/// <summary>What a model says of an example.</summary>
public abstract record TaskPrediction
{
    /// <summary>The prediction as a JSON object with the names of transformers' pipelines.</summary>
    public abstract JsonObject ToJson();
}

/// <summary>One class, or several, with how likely each is.</summary>
/// <param name="Labels">Names of the classes that were chosen, the likeliest first.</param>
/// <param name="Scores">Names and probabilities of all classes in the order of their ids.</param>
/// <param name="IsSingle">Whether it is one class out of all.</param>
public sealed record ClassPrediction(IReadOnlyList<string> Labels, IReadOnlyList<(string Label, float Score)> Scores, bool IsSingle) : TaskPrediction
{
    /// <inheritdoc/>
    public override JsonObject ToJson()
    {
        var json = new JsonObject();
        if (IsSingle)
        {
            json["label"] = Labels[0];
            json["score"] = Scores.First(score => score.Label == Labels[0]).Score;
        }
        else
        {
            json["labels"] = new JsonArray([.. Labels.Select(label => (JsonNode)label)]);
        }

        json["scores"] = new JsonObject(Scores.Select(score => KeyValuePair.Create(score.Label, (JsonNode?)score.Score)));
        return json;
    }
}

/// <summary>Numbers.</summary>
/// <param name="Values">One for each output.</param>
public sealed record ValuePrediction(IReadOnlyList<float> Values) : TaskPrediction
{
    /// <inheritdoc/>
    public override JsonObject ToJson() => Values is [var value]
        ? new JsonObject { ["score"] = value }
        : new JsonObject { ["scores"] = new JsonArray([.. Values.Select(number => (JsonNode)number)]) };
}

/// <summary>A tag of each word.</summary>
/// <param name="Words">The words.</param>
/// <param name="Tags">Their tags; null for a word that was cut off or is no token.</param>
public sealed record TagPrediction(IReadOnlyList<string> Words, IReadOnlyList<string?> Tags) : TaskPrediction
{
    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["tokens"] = new JsonArray([.. Words.Select(word => (JsonNode)word)]),
        ["tags"] = new JsonArray([.. Tags.Select(tag => (JsonNode?)tag)]),
    };
}

/// <summary>A part of a text that answers a question.</summary>
/// <param name="Id">The question's own id; null for none.</param>
/// <param name="Text">The part; empty for no answer.</param>
/// <param name="Start">Its first character in code points.</param>
/// <param name="End">The character behind it.</param>
/// <param name="Score">How likely it is among the parts that were considered.</param>
public sealed record AnswerPrediction(string? Id, string Text, int Start, int End, double Score) : TaskPrediction
{
    /// <inheritdoc/>
    public override JsonObject ToJson()
    {
        var json = new JsonObject { ["answer"] = Text, ["start"] = Start, ["end"] = End, ["score"] = Score };
        if (Id is not null)
        {
            json.Insert(0, "id", Id);
        }

        return json;
    }
}

/// <summary>The best of several texts.</summary>
/// <param name="Choice">Its number, from 0.</param>
/// <param name="Text">The text.</param>
/// <param name="Scores">How likely each is.</param>
public sealed record ChoicePrediction(int Choice, string Text, IReadOnlyList<float> Scores) : TaskPrediction
{
    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["choice"] = Choice,
        ["text"] = Text,
        ["score"] = Scores[Choice],
        ["scores"] = new JsonArray([.. Scores.Select(score => (JsonNode)score)]),
    };
}

/// <summary>A text that was written.</summary>
/// <param name="Text">The text.</param>
public sealed record WrittenPrediction(string Text) : TaskPrediction
{
    /// <inheritdoc/>
    public override JsonObject ToJson() => new() { ["text"] = Text };
}

/// <summary>The vector of a text.</summary>
/// <param name="Vector">The vector.</param>
/// <param name="Other">That of its partner; null when it has none.</param>
public sealed record VectorPrediction(float[] Vector, float[]? Other) : TaskPrediction
{
    /// <inheritdoc/>
    public override JsonObject ToJson() => new() { ["embedding"] = new JsonArray([.. Vector.Select(number => (JsonNode)number)]) };
}

/// <summary>What stands behind the masks of a text.</summary>
/// <param name="Masks">For each mask the likeliest tokens with their probabilities.</param>
public sealed record MaskPrediction(IReadOnlyList<IReadOnlyList<(string Token, double Score)>> Masks) : TaskPrediction
{
    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["masks"] = new JsonArray(
        [
            .. Masks.Select(mask => (JsonNode)new JsonArray([.. mask.Select(token => (JsonNode)new JsonObject { ["token"] = token.Token, ["score"] = token.Score })])),
        ]),
    };
}
