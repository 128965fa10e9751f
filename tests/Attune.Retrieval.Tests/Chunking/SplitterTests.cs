using Attune.Retrieval.Chunking;
using Attune.Text;
using Attune.Text.Training;

namespace Attune.Retrieval.Tests.Chunking;

public sealed class SplitterTests
{
    [Theory]
    [InlineData("The meeting is at 10 a.m. on Feb. 3. Nobody came.", 2)]
    [InlineData("Mrs. Lee met Lt. Col. Ray. They spoke.", 2)]
    [InlineData("She has three. 1. Bread is one.", 2)]
    [InlineData("1. Bread\n2. Milk. 3. Tea", 2)]
    [InlineData("これは文です。「もう一つ。」終わり", 3)]
    [InlineData("هل أنت هنا؟ نعم۔ حسنا", 3)]
    [InlineData("A line\nthat goes on. Another.", 2)]
    [InlineData("Pages 3 to 5, see no. 7. It is there… Then more.", 3)]
    [InlineData("   \n\n  \n", 0)]
    [InlineData("...!?", 1)]
    public void Sentences_are_told_apart(string text, int count) => Assert.Equal(count, SentenceSplitter.Split(text).Count);

    [Fact]
    public void Sentences_hold_all_of_the_text_but_white_space()
    {
        const string Text = "One. Two!  Three?\n\nFour (five). \"Six.\" Seven";
        Assert.Equal(
            string.Concat(Text.Where(letter => !char.IsWhiteSpace(letter))),
            string.Concat(SentenceSplitter.Split(Text).SelectMany(sentence => sentence.Of(Text)).Where(letter => !char.IsWhiteSpace(letter))));
    }

    [Theory]
    [InlineData(". ")]
    [InlineData("a. b. ")]
    [InlineData("\n ")]
    [InlineData("(\". ")]
    [InlineData("......")]
    [InlineData("x.")]
    [InlineData("1. ")]
    public void Hostile_texts_are_cut_like_others(string unit)
    {
        // A cost that grows with the square of the text would not end.
        string text = string.Concat(Enumerable.Repeat(unit, 300_000 / unit.Length));
        var splitter = new RecursiveSplitter(100, 20);
        TextUnits units = TextUnits.CodePointsOf(text);
        Assert.All(splitter.Split(text, units), chunk => Assert.InRange(units.Measure(chunk.Start, chunk.End), 1, 100));
        Assert.All(splitter.Join(text, units, SentenceSplitter.Split(text)), chunk => Assert.InRange(units.Measure(chunk.Start, chunk.End), 1, 100));
    }

    [Fact]
    public void Tokens_measure_chunks_and_a_code_point_of_many_tokens_stays_whole()
    {
        Tokenizer tokenizer = ByteTokenizer();
        const string Text = "the 🤷 and the 🏼 end";
        TextUnits units = TextUnits.TokensOf(Text, tokenizer);
        Assert.Equal(tokenizer.Encode(Text).Count, units.Count);
        IReadOnlyList<TextSpan> chunks = new RecursiveSplitter(2, 0).Split(Text, units);
        Assert.Equal(Text.Replace(" ", "", StringComparison.Ordinal), string.Concat(chunks.Select(chunk => chunk.Of(Text))).Replace(" ", "", StringComparison.Ordinal));
        Assert.Contains("🤷", chunks.Select(chunk => chunk.Of(Text)));
        Assert.Equal(Text.Replace(" ", "", StringComparison.Ordinal), string.Concat(Windows.Split(Text, units, 2, 0).Select(chunk => chunk.Of(Text))).Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Units_are_found_by_their_number()
    {
        const string Text = "a🤷b";
        TextUnits units = TextUnits.CodePointsOf(Text);
        Assert.Equal([0, 1, 3, 4], Enumerable.Range(0, 4).Select(units.PlaceOf));
        Assert.Equal((3, 1), (units.Count, units.Measure(1, 3)));
        Assert.Equal((0, 0), (TextUnits.CodePointsOf("").Count, TextUnits.CodePointsOf("").PlaceOf(0)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(3, -1)]
    public void Windows_move_on(int size, int overlap) => Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Of(10, size, overlap));

    private static Tokenizer ByteTokenizer() =>
        TokenizerTrainer.Train(KnownLayouts.Create("bpe", []), ["the end and the end"], new BpeTrainerOptions { VocabularySize = 256, SpecialTokens = [] });
}
