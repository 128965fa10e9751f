using Attune.Text;

namespace Attune.Retrieval.Chunking;

/// <summary>What the size of a chunk is counted in: code points, or the tokens of a tokenizer, each counted where it starts.</summary>
/// <remarks>The text is counted once, so the size of any part is one subtraction. A chunk that is tokenised on its own may have a token more or fewer at a cut.</remarks>
public sealed class TextUnits
{
    /// <summary>For each place of the text how many units start before it.</summary>
    private readonly int[] _before;

    private TextUnits(int[] before) => _before = before;

    /// <summary>Units of the whole text.</summary>
    public int Count => _before[^1];

    /// <summary>The code points of a text.</summary>
    public static TextUnits CodePointsOf(string text)
    {
        int[] before = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++)
        {
            before[i + 1] = before[i] + (IsSecondHalf(text, i) ? 0 : 1);
        }

        return new TextUnits(before);
    }

    /// <summary>The tokens of a text, without those that a model wants around it.</summary>
    public static TextUnits TokensOf(string text, Tokenizer tokenizer)
    {
        int[] starts = new int[text.Length + 1];
        int place = 0;
        int index = 0;
        foreach ((int start, _) in tokenizer.Encode(text).Offsets.OrderBy(offset => offset.Start))
        {
            for (; place < start && index < text.Length; place++)
            {
                index += index + 1 < text.Length && char.IsSurrogatePair(text, index) ? 2 : 1;
            }

            starts[index]++;
        }

        int[] before = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++)
        {
            before[i + 1] = before[i] + starts[i];
        }

        return new TextUnits(before);
    }

    /// <summary>Units that start in a part of the text.</summary>
    public int Measure(int start, int end) => _before[end] - _before[start];

    /// <summary>Where a unit starts; the end of the text for the number of all units.</summary>
    public int PlaceOf(int unit)
    {
        // The first place behind which more than so many units have started.
        int low = 0;
        int high = _before.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _before[middle + 1] > unit ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    internal static bool IsSecondHalf(string text, int index) => char.IsLowSurrogate(text[index]) && index > 0 && char.IsHighSurrogate(text[index - 1]);
}
