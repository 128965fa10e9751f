using System.Globalization;
using System.Text.Json;
using Attune.Data.Rows;
using Attune.Data.Tokenization;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>Questions with several answers, one of which is right; a question may have any number of them.</summary>
public sealed class ChoiceRows : RowTask
{
    private static readonly string[] KnownContexts = ["context", "article", "passage", "sent1", "ctx", "premise"];
    private static readonly string[] KnownQuestions = ["question", "sent2"];
    private static readonly string[] KnownLists = ["choices", "options", "endings", "answers"];
    private static readonly string[] KnownNumbered = ["ending", "choice", "answer", "option", "sol"];

    /// <inheritdoc/>
    public override string Key => "choice";

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        (string text, string? begin) = Texts(row, columns);
        (string[] choices, string[]? names) = Choices(row, columns);
        if (choices.Length < 2)
        {
            throw row.Wrong("a question needs at least two choices", string.Create(CultureInfo.InvariantCulture, $"found {choices.Length}"));
        }

        int? right = isLabeled ? Right(row, columns, choices, names) : null;
        return [new ChoiceExample(row.Place, text, begin, choices, right)];
    }

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var question = (ChoiceExample)example;
        Encoding[] parts = [.. question.Choices.Select(choice => encoder.Encode(example, new EncodeInput(question.Text, question.Begin is null ? choice : $"{question.Begin} {choice}")))];
        int[] ids = [.. parts.SelectMany(part => part.Ids)];
        int[] types = [.. parts.SelectMany(part => part.TypeIds)];
        var row = new TokenRow(ids, TaskEncoder.Unlabeled(ids.Length), example.Place.File, example.Place.Line)
        {
            Parts = [.. parts.Select(part => part.Count)],
            Targets = question.Right is { } right ? [right] : null,
            TokenTypes = types.AsSpan().ContainsAnyExcept(0) ? types : null,
        };
        return new EncodedExample(example, [new EncodedRow(row, parts[0])], parts.Any(part => part.Overflow.Count > 0));
    }

    /// <summary>What stands before every choice, and how every choice begins: a context and its question, or the question alone.</summary>
    private static (string Text, string? Begin) Texts(DataRow row, TaskColumnOptions columns)
    {
        if (columns.TextColumn is { } text)
        {
            return (row.Text(TaskColumns.Find(row, text, "text_column")), columns.TextPairColumn is { } begin ? row.Text(TaskColumns.Find(row, begin, "text_pair_column")) : null);
        }

        string? context = columns.ContextColumn ?? KnownContexts.FirstOrDefault(name => row.Column(name).ValueKind == JsonValueKind.String);
        if (context is null)
        {
            return (row.Text(TaskColumns.Find(row, columns.QuestionColumn, "text_column", [.. KnownQuestions, "text", .. KnownContexts])), null);
        }

        string? question = columns.QuestionColumn ?? KnownQuestions.FirstOrDefault(name => row.Column(name).ValueKind == JsonValueKind.String);
        return (row.Text(TaskColumns.Find(row, context, "context_column")), question is null ? null : row.Text(TaskColumns.Find(row, question, "question_column")));
    }

    /// <summary>The choices, and their names where a row gives them some (ARC and CommonsenseQA: {"text": [...], "label": [...]}).</summary>
    private static (string[] Choices, string[]? Names) Choices(DataRow row, TaskColumnOptions columns)
    {
        if (columns.ChoicesColumns.Count > 1)
        {
            return ([.. columns.ChoicesColumns.Select(column => row.Text(TaskColumns.Find(row, column, "choices_columns")))], null);
        }

        string? list = columns.ChoicesColumns.Count == 1
            ? TaskColumns.Find(row, columns.ChoicesColumns[0], "choices_columns")
            : KnownLists.FirstOrDefault(name => row.Column(name).ValueKind is JsonValueKind.Array or JsonValueKind.Object);
        if (list is null)
        {
            string[] numbered = [.. KnownNumbered.Select(stem => Numbered(row, stem)).FirstOrDefault(found => found.Length > 1) ?? []];
            return numbered.Length > 1
                ? ([.. numbered.Select(row.Text)], null)
                : throw row.Wrong($"the choices are missing: expected a list in one of {string.Join(", ", KnownLists)}, or columns such as ending0, ending1; say which they are with choices_columns");
        }

        JsonElement value = row.Column(list);
        return value.ValueKind switch
        {
            JsonValueKind.Array => (TaskColumns.Items(row, list, separator: null), null),
            JsonValueKind.Object when value.TryGetProperty("text", out JsonElement texts) && texts.ValueKind == JsonValueKind.Array => (
                Items(row, texts, $"column '{list}', text"),
                value.TryGetProperty("label", out JsonElement labels) && labels.ValueKind == JsonValueKind.Array && labels.GetArrayLength() == texts.GetArrayLength()
                    ? Items(row, labels, $"column '{list}', label")
                    : null),
            _ => throw row.Wrong($"column '{list}': expected a list of texts", $"found {value.ValueKind.ToString().ToLowerInvariant()}"),
        };
    }

    private static string[] Items(DataRow row, JsonElement list, string place) =>
        [.. list.EnumerateArray().Select((item, i) => TaskColumns.Scalar(row, item, string.Create(CultureInfo.InvariantCulture, $"{place}, item {i}")))];

    /// <summary>The columns of a stem with a number behind it, from 0 or 1 on.</summary>
    private static string[] Numbered(DataRow row, string stem)
    {
        int first = row.Column($"{stem}0").ValueKind == JsonValueKind.String ? 0 : 1;
        return
        [
            .. Enumerable.Range(first, int.MaxValue - 1).Select(number => string.Create(CultureInfo.InvariantCulture, $"{stem}{number}"))
                .TakeWhile(name => row.Column(name).ValueKind == JsonValueKind.String),
        ];
    }

    /// <summary>The right choice: its own name, its number from 0 on, its letter, or its text.</summary>
    private static int Right(DataRow row, TaskColumnOptions columns, string[] choices, string[]? names)
    {
        string column = TaskColumns.Find(row, columns.LabelColumn, "label_column", "label", "answerKey", "answer", "gold", "correct");
        string label = TaskColumns.Scalar(row, row.Column(column), $"column '{column}'").Trim();
        int right = names is not null ? Array.IndexOf(names, label)
            : int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < choices.Length ? number
            : label is [>= 'A' and <= 'Z'] && label[0] - 'A' < choices.Length ? label[0] - 'A'
            : Array.FindIndex(choices, choice => choice.Trim() == label);
        return right >= 0
            ? right
            : throw row.Wrong(
                $"column '{column}': expected {(names is null ? $"a number from 0 to {choices.Length - 1}, a letter from A on, or the text of a choice" : $"one of {string.Join(", ", names)}")}",
                $"found '{label}'");
    }
}
