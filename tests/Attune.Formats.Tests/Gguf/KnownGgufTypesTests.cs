using Attune.Tensors.Backends;

namespace Attune.Formats.Tests.Gguf;

public class KnownGgufTypesTests
{
    [Fact]
    public void Every_type_is_in_the_list_once()
    {
        Assert.Equal(KnownGgufTypes.All.Count, KnownGgufTypes.All.Select(t => t.Id).Distinct().Count());
        IEnumerable<Type> implementers = typeof(GgufType).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(GgufType)) && !t.IsAbstract);
        Assert.Equal(implementers.OrderBy(t => t.Name), KnownGgufTypes.All.Select(t => t.GetType()).Distinct().OrderBy(t => t.Name));
    }

    [Fact]
    public void Types_are_found_by_name_and_number()
    {
        Assert.All(KnownGgufTypes.All, t => Assert.Same(t, KnownGgufTypes.ById(t.Id)));
        Assert.All(KnownGgufTypes.All, t => Assert.Same(t, KnownGgufTypes.ByName(t.Name.ToLowerInvariant())));
        Assert.Equal(["F32", "F16", "BF16", "Q4_0", "Q5_0", "Q8_0", "Q4_K", "Q6_K"], KnownGgufTypes.Writable.Select(t => t.Name));
    }

    [Fact]
    public void Codes_scales_and_offsets_make_the_numbers_of_the_blocks()
    {
        var random = new Random(1);
        foreach (GgufType type in KnownGgufTypes.All.Where(t => t.Format is not null))
        {
            BlockFormat format = type.Format!.Value;
            byte[] blocks = new byte[20 * type.BlockBytes];
            random.NextBytes(blocks);
            int count = 20 * type.BlockElements;
            float[] expected = new float[count];
            type.Dequantize(blocks, expected);
            byte[] codes = new byte[count];
            float[] scales = new float[count / BlockFormat.BlockElements];
            float[] offsets = new float[count / BlockFormat.BlockElements];
            type.Split(blocks, codes, scales, offsets);
            Assert.All(codes, code => Assert.InRange(code, 0, (1 << format.Bits) - 1));
            if (format.Scales == Attune.Tensors.DType.F16)
            {
                Assert.All(scales.Concat(offsets), factor => Assert.Equal(factor, (float)(Half)factor));
            }

            Assert.Equal(expected, codes.Select((code, i) => format.HasOffsets
                ? (scales[i / BlockFormat.BlockElements] * code) + offsets[i / BlockFormat.BlockElements]
                : scales[i / BlockFormat.BlockElements] * (code - format.Zero)));
        }
    }

    [Fact]
    public void Refuses_lengths_that_are_no_whole_blocks()
    {
        foreach (GgufType type in KnownGgufTypes.All)
        {
            Assert.Throws<ArgumentException>(() => type.Dequantize(new byte[type.BlockBytes], new float[type.BlockElements + 1]));
            Assert.Throws<ArgumentException>(() => type.Dequantize(new byte[type.BlockBytes * 2], new float[type.BlockElements]));
            if (!type.CanQuantize)
            {
                Assert.Contains("Q8_0", Assert.Throws<NotSupportedException>(() => type.Quantize(new float[type.BlockElements], new byte[type.BlockBytes])).Message);
            }
        }
    }
}
