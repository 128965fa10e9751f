using System.Text;
using Attune.Data.Rows;
using Attune.Data.Shapes;

namespace Attune.Data.Tokenization;

/// <summary>Finds the pieces of a rendered conversation that are learnt.</summary>
/// <remarks>
/// A template that marks answers with <c>{% generation %}</c> says it itself. For others an answer is what its message adds to the conversation so far with the
/// generation prompt at its end. That is exact, because the beginnings of a conversation must render to beginnings of its text; where they do not, it is an error.
/// </remarks>
internal static class AnswerSpans
{
    /// <summary>The spans of the trained messages in order.</summary>
    /// <exception cref="DataException">The template renders the beginning of the conversation in another way than the whole.</exception>
    public static List<AnswerSpan> Find(DataRow row, ChatExample chat, ChatRenderer renderer, string text, IReadOnlyList<(int Start, int End)> generationSpans)
    {
        if (generationSpans.Count == 0)
        {
            return ByPrefixes(row, chat, renderer, text);
        }

        bool allTrained = true;
        for (int i = 0; i < chat.Messages.Count; i++)
        {
            allTrained &= chat.IsTrained[i] || (string?)chat.Messages[i]!["role"] != "assistant";
        }

        List<AnswerSpan>? wanted = allTrained ? null : ByPrefixes(row, chat, renderer, text);
        return [.. generationSpans
            .Where(span => span.Start < span.End)
            .Where(span => wanted is null || wanted.Any(answer => answer.Overlaps(span.Start, span.End)))
            .Select(span => new AnswerSpan(span.Start, span.End))];
    }

    /// <summary>The ids where a token shares a character with a span, else <see cref="TokenRow.NoLoss"/>.</summary>
    public static int[] Labels(Text.Encoding encoding, IReadOnlyList<AnswerSpan> spans, Func<int, bool> isSpecial)
    {
        int[] labels = new int[encoding.Count];
        int at = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            (int start, int end) = encoding.Offsets[i];
            while (at < spans.Count && start < end && spans[at].End <= start)
            {
                at++;
            }

            bool trained = at < spans.Count && spans[at].Overlaps(start, end);
            labels[i] = trained ? encoding.Ids[i] : TokenRow.NoLoss;

            // A template's line break after the end-of-turn token is no part of the answer: generation stops at that token.
            if (trained && end == spans[at].EndOfTurn && isSpecial(encoding.Ids[i]))
            {
                at++;
            }
        }

        return labels;
    }

    private static List<AnswerSpan> ByPrefixes(DataRow row, ChatExample chat, ChatRenderer renderer, string text)
    {
        var spans = new List<AnswerSpan>();
        var points = new CodePoints(text);
        for (int i = 0; i < chat.Messages.Count; i++)
        {
            if (!chat.IsTrained[i])
            {
                continue;
            }

            string before = renderer.Render(row, chat, i, addGenerationPrompt: true).Text;
            string after = i + 1 == chat.Messages.Count ? text : renderer.Render(row, chat, i + 1, addGenerationPrompt: false).Text;
            if (!after.StartsWith(before, StringComparison.Ordinal) || !text.StartsWith(after, StringComparison.Ordinal))
            {
                throw row.Wrong(
                    "the chat template changes what stands before an answer when the conversation goes on, so the answers cannot be found in its text; "
                    + "use a template with {% generation %} around answers, or train_on_inputs: true",
                    $"message {i + 1}");
            }

            int start = points.At(before.Length);
            int trimmed = text.AsSpan(before.Length, after.Length - before.Length).TrimEnd().Length;
            int endOfTurn = points.At(before.Length + trimmed);
            spans.Add(new AnswerSpan(start, points.At(after.Length), endOfTurn));
        }

        return spans;
    }

    /// <summary>Counts code points up to places that only move on.</summary>
    private struct CodePoints(string text)
    {
        private int _index;
        private int _count;

        public int At(int index)
        {
            while (_index < index)
            {
                _index += Rune.TryGetRuneAt(text, _index, out Rune rune) ? rune.Utf16SequenceLength : 1;
                _count++;
            }

            return _count;
        }
    }
}
