namespace Attune.Inference.Tests;

/// <summary>Stop texts in streamed text.</summary>
public sealed class StopMatcherTests
{
    [Fact]
    public void A_stop_text_over_several_pieces_is_never_shown()
    {
        var matcher = new StopMatcher(["###", "END"]);
        string shown = string.Concat(new[] { "one #", "# two E", "N three #", "##", " four" }.Select(piece => matcher.IsStopped ? string.Empty : matcher.Append(piece)));
        Assert.True(matcher.IsStopped);
        Assert.Equal("one ## two EN three ", shown);
    }

    [Fact]
    public void What_was_held_back_comes_at_the_end()
    {
        var matcher = new StopMatcher(["stop"]);
        Assert.Equal("do not ", matcher.Append("do not sto"));
        Assert.Equal("sto", matcher.Flush());
    }

    [Fact]
    public void The_first_of_several_stop_texts_ends_the_text()
    {
        var matcher = new StopMatcher(["bc", "ab"]);
        Assert.Equal("x", matcher.Append("xabc"));
    }
}
