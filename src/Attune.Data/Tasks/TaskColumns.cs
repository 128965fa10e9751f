using System.Globalization;
using System.Text.Json;
using Attune.Data.Formats;
using Attune.Data.Rows;

namespace Attune.Data.Tasks;

/// <summary>Finds the columns of tasks by the names that users give or that public data sets have.</summary>
public static class TaskColumns
{
    private const int MostListed = 20;

    /// <summary>Columns that hold two texts which belong together (GLUE, SNLI, STS and the like).</summary>
    private static readonly (string First, string Second)[] KnownPairs =
        [("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"), ("question", "sentence"), ("anchor", "positive"), ("text", "text_pair"), ("query", "answer")];

    private static readonly string[] KnownTexts = ["text", "sentence", "content"];

    /// <summary>The name of a column: the one given, else the first of the usual ones that the row has.</summary>
    /// <exception cref="DataException">It has none of them.</exception>
    public static string Find(DataRow row, string? given, string option, params ReadOnlySpan<string> usual)
    {
        foreach (string name in given is null ? usual : [given])
        {
            if (row.Column(name).ValueKind != JsonValueKind.Undefined)
            {
                return name;
            }
        }

        string wanted = given is null ? $"one of {string.Join(", ", usual!)}" : $"'{given}'";
        string[] found = [.. row.Value.EnumerateObject().Take(MostListed).Select(column => column.Name)];
        throw row.Wrong($"a column is missing: expected {wanted}, found {string.Join(", ", found)}; say which it is with {option}{DelimiterHint.Of(found)}");
    }

    /// <summary>A text, or a pair of texts.</summary>
    public static (string Text, string? Pair) Texts(DataRow row, TaskColumnOptions columns)
    {
        if (columns.TextColumn is null && columns.TextPairColumn is null)
        {
            foreach ((string first, string second) in KnownPairs)
            {
                if (row.Column(first).ValueKind == JsonValueKind.String && row.Column(second).ValueKind == JsonValueKind.String)
                {
                    return (row.Text(first), row.Text(second));
                }
            }
        }

        string text = row.Text(Find(row, columns.TextColumn, "text_column", [.. KnownTexts, .. KnownPairs.Select(pair => pair.First)]));
        return (text, columns.TextPairColumn is { } pair ? row.Text(Find(row, pair, "text_pair_column")) : null);
    }

    /// <summary>An example of a text or a pair of texts, without what is said of it.</summary>
    public static SequenceExample Sequence(DataRow row, TaskColumnOptions columns)
    {
        (string text, string? pair) = Texts(row, columns);
        return new SequenceExample(row.Place, text, pair);
    }

    /// <summary>The items of a list of texts, numbers or truth values, or the words of a text.</summary>
    public static string[] Items(DataRow row, string column, string? separator)
    {
        JsonElement value = row.Column(column);
        if (value.ValueKind == JsonValueKind.Array)
        {
            return [.. value.EnumerateArray().Select((item, i) => Scalar(row, item, string.Create(CultureInfo.InvariantCulture, $"column '{column}', item {i}")))];
        }

        string text = Scalar(row, value, $"column '{column}'");
        return separator is null
            ? text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            : text.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>A name: a text, or a number or truth value as it is written.</summary>
    public static string Scalar(DataRow row, JsonElement value, string place) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => row.TextOf(value, place),
    };

    /// <summary>A number, also one that is written as a text.</summary>
    public static float Number(DataRow row, JsonElement value, string place)
    {
        string text = Scalar(row, value, place);
        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number)
            ? number
            : throw row.Wrong($"{place}: expected a number", $"found '{text}'");
    }
}
