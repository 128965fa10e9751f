using System.Globalization;
using System.Text.Json;
using Attune.Data.Rows;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>Where in a text the answer to a question stands (Rajpurkar et al. 2016). Long texts are read through windows that overlap.</summary>
public sealed class QaRows : RowTask
{
    private const int DefaultStride = 128;

    /// <inheritdoc/>
    public override string Key => "qa";

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        // An article in SQuAD's own files holds paragraphs, and each of them questions.
        if (row.Column("paragraphs").ValueKind == JsonValueKind.Array)
        {
            return [.. row.Array("paragraphs").EnumerateArray().SelectMany(paragraph => Paragraph(Inner(row, paragraph), columns, options, isLabeled))];
        }

        return [Question(row, row.Text(TaskColumns.Find(row, columns.ContextColumn, "context_column", "context")), columns, options, isLabeled)];
    }

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var question = (QuestionExample)example;
        int stride = encoder.Options.DocStride ?? Math.Min(DefaultStride, encoder.MaxLength / 4);
        var truncation = new TruncationOptions { MaxLength = encoder.MaxLength, Stride = stride, Strategy = TruncationStrategy.OnlySecond };
        Encoding first = encoder.Encode(example, new EncodeInput(question.Question, question.Context), truncation);
        return new EncodedExample(example, [.. first.Overflow.Prepend(first).Select(window => new EncodedRow(TaskEncoder.Row(example, window, Places(question, window)), window))]);
    }

    private static IEnumerable<TaskExample> Paragraph(DataRow paragraph, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        string context = paragraph.Text("context");
        foreach (JsonElement question in paragraph.Array("qas").EnumerateArray())
        {
            yield return Question(Inner(paragraph, question), context, columns, options, isLabeled);
        }
    }

    private static DataRow Inner(DataRow row, JsonElement value) => new(row.Place, value);

    private static QuestionExample Question(DataRow row, string context, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        string question = row.Text(TaskColumns.Find(row, columns.QuestionColumn, "question_column", "question"));
        string? id = row.Column("id").ValueKind == JsonValueKind.Undefined ? null : TaskColumns.Scalar(row, row.Column("id"), "column 'id'");
        return new QuestionExample(row.Place, id, question, context, isLabeled ? Answers(row, context, columns, options) : null);
    }

    private static Answer[] Answers(DataRow row, string context, TaskColumnOptions columns, TaskOptions options)
    {
        string column = TaskColumns.Find(row, columns.AnswersColumn, "answers_column", "answers", "answer");
        JsonElement value = row.Column(column);
        string place = $"column '{column}'";
        Answer[] answers = value.ValueKind switch
        {
            JsonValueKind.Array => [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Object ? Single(Inner(row, item), context) : Stated(row, item, place, context))],
            JsonValueKind.Object => Lists(Inner(row, value), context),
            _ => [Stated(row, value, place, context)],
        };
        return answers.Length > 0 || options.AllowNoAnswer
            ? answers
            : throw row.Wrong($"{place}: there is no answer; say allow_no_answer: true if the text need not have one");
    }

    /// <summary>SQuAD's columns: texts and starts in lists of the same length.</summary>
    private static Answer[] Lists(DataRow answers, string context)
    {
        if (answers.Column("text").ValueKind != JsonValueKind.Array)
        {
            return [Single(answers, context)];
        }

        JsonElement[] texts = [.. answers.Array("text").EnumerateArray()];
        JsonElement[] starts = [.. answers.Array("answer_start").EnumerateArray()];
        return texts.Length == starts.Length
            ? [.. texts.Zip(starts, (text, start) => At(answers, answers.TextOf(text, "an answer"), start, context))]
            : throw answers.Wrong("answers: expected a start for each text", $"{texts.Length} texts, {starts.Length} starts");
    }

    private static Answer Single(DataRow answer, string context) => answer.Column("answer_start") is { ValueKind: not JsonValueKind.Undefined } start
        ? At(answer, answer.Text("text"), start, context)
        : Stated(answer, answer.Column("text"), "an answer", context);

    /// <summary>An answer without its place: the first one where it stands.</summary>
    private static Answer Stated(DataRow row, JsonElement value, string place, string context)
    {
        string text = row.TextOf(value, place);
        int at = text.Length == 0 ? -1 : context.IndexOf(text, StringComparison.Ordinal);
        return at >= 0 ? new Answer(text, CodePoints.Count(context.AsSpan(0, at))) : throw row.Wrong("the answer does not stand in its context", Quote(text));
    }

    private static Answer At(DataRow row, string text, JsonElement value, string context)
    {
        int at = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int start) && start >= 0
            ? start
            : throw row.Wrong("answer_start: expected the place of the answer's first character, from 0");
        int index = CodePoints.IndexOf(context, at);
        return index >= 0 && text.Length > 0 && context.AsSpan(index).StartsWith(text, StringComparison.Ordinal)
            ? new Answer(text, at)
            : throw row.Wrong("the answer does not stand in its context where answer_start says", string.Create(CultureInfo.InvariantCulture, $"{Quote(text)} at character {at}"));
    }

    private static string Quote(string text) => $"'{(text.Length > 40 ? text[..40] + "..." : text)}'";

    /// <summary>The first and last token of the answer in a window; the first token of the window, [CLS], when it is not all in it.</summary>
    private static float[]? Places(QuestionExample question, Encoding window)
    {
        if (question.Answers is not { } answers)
        {
            return null;
        }

        int?[] sequences = window.SequenceIds;
        int first = Array.IndexOf(sequences, 1);
        int last = Array.LastIndexOf(sequences, 1);
        if (answers.Count == 0 || first < 0)
        {
            return [0, 0];
        }

        int start = answers[0].Start;
        int end = start + CodePoints.Count(answers[0].Text);
        if (window.Offsets[first].Start > start || window.Offsets[last].End < end)
        {
            return [0, 0];
        }

        int from = last;
        while (from > first && window.Offsets[from].Start > start)
        {
            from--;
        }

        int to = first;
        while (to < last && window.Offsets[to].End < end)
        {
            to++;
        }

        return [from, to];
    }
}
