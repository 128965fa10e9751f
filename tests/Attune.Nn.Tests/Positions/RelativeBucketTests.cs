using Attune.Nn.Positions;

namespace Attune.Nn.Tests.Positions;

/// <summary>The ends of the ranges.</summary>
public sealed class RelativeBucketTests
{
    [Theory]
    [InlineData(int.MinValue, 15)]
    [InlineData(int.MaxValue, 31)]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(1, 17)]
    public void T5_buckets_hold_any_distance(int position, int expected) => Assert.Equal(expected, T5RelativeBuckets.Bucket(position, 32, 128, bidirectional: true));

    [Fact]
    public void A_decoder_has_no_bucket_for_keys_behind_the_query() => Assert.Equal(0, T5RelativeBuckets.Bucket(5, 32, 128, bidirectional: false));

    [Fact]
    public void Deberta_buckets_are_odd_functions()
    {
        for (int distance = 0; distance < 2000; distance++)
        {
            Assert.Equal(-DebertaRelativeBuckets.Bucket(distance, 256, 512), DebertaRelativeBuckets.Bucket(-distance, 256, 512));
        }

        Assert.Equal(255, DebertaRelativeBuckets.Bucket(511, 256, 512));
    }
}
