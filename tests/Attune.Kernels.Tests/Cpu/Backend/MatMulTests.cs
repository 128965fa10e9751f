using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

public sealed class MatMulTests
{
    private static readonly (int M, int N, int K)[] Sizes =
        [(0, 5, 3), (3, 0, 5), (3, 5, 0), (1, 1, 1), (1, 17, 33), (5, 16, 15), (17, 3, 64), (40, 70, 65), (90, 50, 130)];

    [Theory]
    [InlineData(DType.F32, DType.F32)]
    [InlineData(DType.BF16, DType.BF16)]
    [InlineData(DType.BF16, DType.F32)]
    [InlineData(DType.F32, DType.BF16)]
    [InlineData(DType.F16, DType.F32)]
    public void Products_agree(DType left, DType right)
    {
        foreach ((int m, int n, int k) in Sizes)
        {
            Backends.Agree(
                device =>
                [
                    Product(device.Uniform([m, k], left), device.Uniform([k, n], right, 2), DType.F32, 1, accumulate: false),
                    Product(device.Uniform([k, m], left).Transpose(), device.Uniform([n, k], right, 2).Transpose(), DType.F32, -0.5, accumulate: true),
                    Product(device.Sparse([m, k], left), device.Sparse([k, n], right, 2), DType.F32, 1, accumulate: m % 2 == 0),
                ],
                2e-7,
                Bound(left, right, k));
            Backends.Agree(
                device => Product(device.Uniform([m, k], left), device.Uniform([k, n], right, 2), DType.BF16, 2, accumulate: true),
                2 * Data.Unit(DType.BF16),
                (2 * Bound(left, right, k)) + 0.02);
        }
    }

    [Fact]
    public void Batches_agree()
    {
        Backends.Agree(
            device =>
            [
                Product(device.Uniform([3, 2, 20, 33], DType.F32), device.Uniform([3, 2, 33, 17], DType.F32, 2), DType.F32, 1, false),
                Product(device.Uniform([20, 3, 33], DType.F32).Transpose(0, 1), device.Uniform([17, 3, 33], DType.F32, 2).Transpose(0, 1).Transpose(), DType.F32, 1, false),
            ],
            2e-7,
            Bound(DType.F32, DType.F32, 33));
    }

    [Fact]
    public void Double_precision_is_kept() => Backends.Agree(
        device => Product(device.Uniform([2, 3, 4], DType.F64), device.Uniform([2, 4, 5], DType.F64, 2), DType.F64, 0.5, false), 0);

    [Theory]
    [InlineData(DType.F32, DType.F32)]
    [InlineData(DType.F32, DType.BF16)]
    [InlineData(DType.BF16, DType.BF16)]
    [InlineData(DType.BF16, DType.F32)]
    public void Packed_products_agree(DType input, DType precision)
    {
        foreach ((int m, int n, int k) in Sizes)
        {
            foreach (CpuBackend backend in Backends.All)
            {
                using var device = new Device(backend);
                using StepScope scope = device.Scope();
                Tensor weight = device.Uniform([n, k], precision, 2);
                using PackedMatrix packed = backend.TryPack(weight, precision, PackUse.Forward | PackUse.Backward, null)!;
                Assert.Equal(weight.ToArray(), Unpacked(device, packed).ToArray());
                Assert.Same(packed, backend.TryPack(weight, precision, PackUse.Forward | PackUse.Backward, packed));
                foreach (DType output in new[] { DType.F32, DType.BF16 })
                {
                    foreach (Tensor? bias in new[] { null, device.Uniform([n], DType.F32, 3), device.Uniform([n], DType.BF16, 3) })
                    {
                        Tensor x = device.Uniform([m, k], input);
                        Tensor y = device.Full([m, n], output, 1);
                        Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, bias, 1.5, accumulate: true));
                        CheckForward(x, weight, bias, y, Bound(input, precision, k));
                    }
                }

                Tensor dY = device.Uniform([m, n], input, 4);
                Tensor dX = device.Empty([m, k], DType.F32);
                Assert.True(backend.TryMatMulPacked(dY, packed, PackUse.Backward, dX, null, 1, accumulate: false));
                Backends.Close(Product(dY, weight, DType.F32, 1, false).ToArray(), dX.ToArray(), 2e-7, 2 * Bound(input, precision, n), "backward");
            }
        }
    }

    [Theory]
    [InlineData(DType.F32, DType.F32)]
    [InlineData(DType.F32, DType.BF16)]
    [InlineData(DType.BF16, DType.BF16)]
    public void Packed_products_take_a_low_rank_term(DType input, DType precision)
    {
        // Ranks that are added to the sums, and one that is a product of its own.
        foreach ((int m, int n, int k, int r) in new[] { (1, 17, 33, 4), (5, 16, 15, 3), (37, 70, 64, 16), (90, 50, 130, 33), (20, 40, 30, 300) })
        {
            foreach (CpuBackend backend in Backends.All)
            {
                using var device = new Device(backend);
                using StepScope scope = device.Scope();
                Tensor weight = device.Uniform([n, k], precision, 2);
                using PackedMatrix packed = backend.TryPack(weight, precision, PackUse.Forward | PackUse.Backward, null)!;
                Tensor x = device.Uniform([m, k], input);
                Tensor hidden = device.Uniform([m, r], input, 3);
                Tensor b = device.Uniform([n, r], DType.F32, 4);
                double bound = 2 * (Bound(input, precision, k + n) + Bound(input, precision == input ? DType.F32 : precision, r));
                Tensor y = device.Full([m, n], DType.F32, 1);
                Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, null, 0.5, accumulate: true, new LowRankTerm(hidden, b.Transpose())));
                CheckSum(Product(x, weight.Transpose(), DType.F32, 1, false), Product(hidden, b.Transpose(), DType.F32, 1, false), 0.5f, 1, y, bound);

                Tensor dY = device.Uniform([m, n], input, 5);
                Tensor a = device.Uniform([r, k], DType.F32, 6);
                Tensor dX = device.Empty([m, k], DType.F32);
                Assert.True(backend.TryMatMulPacked(dY, packed, PackUse.Backward, dX, null, 1, accumulate: false, new LowRankTerm(hidden, a)));
                CheckSum(Product(dY, weight, DType.F32, 1, false), Product(hidden, a, DType.F32, 1, false), 1, 0, dX, bound);
            }
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    [InlineData(DType.I8)]
    public void A_product_beside_a_residual_is_one_added_to_its_copy(DType pack)
    {
        foreach ((int m, int n, int k) in new[] { (1, 17, 33), (37, 70, 64), (90, 50, 130) })
        {
            foreach (CpuBackend backend in Backends.All)
            {
                using var device = new Device(backend);
                using StepScope scope = device.Scope();
                using PackedMatrix packed = backend.TryPack(device.Uniform([n, k], DType.F32, 2), pack, PackUse.Forward, null)!;
                Tensor x = device.Uniform([m, k], DType.BF16);
                var term = new LowRankTerm(device.Uniform([m, 4], DType.BF16, 3), device.Uniform([4, n], DType.F32, 4));
                foreach (DType output in new[] { DType.F32, DType.BF16 })
                {
                    Tensor residual = device.Uniform([m, n], output, 5);
                    Tensor copy = residual.Affine(1, 0);
                    Tensor y = device.Full([m, n], output, double.NaN);
                    Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, copy, null, 1, accumulate: true, term));
                    Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, null, 1, accumulate: false, term, residual));
                    Assert.Equal(copy.ToArray(), y.ToArray());
                }
            }
        }
    }

    [Fact]
    public void Packs_for_one_direction_refuse_the_other()
    {
        CpuBackend backend = Backends.Fastest;
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        Tensor weight = device.Uniform([5, 7], DType.F32);
        using PackedMatrix packed = backend.TryPack(weight, DType.F32, PackUse.Backward, null)!;
        Assert.Equal(weight.ToArray(), Unpacked(device, packed).ToArray());
        Assert.False(backend.TryMatMulPacked(device.Uniform([2, 7], DType.F32), packed, PackUse.Forward, device.Empty([2, 5], DType.F32), null, 1, false));
        Assert.Null(backend.TryPack(device.From([1, 2], [1, 2]), DType.F32, PackUse.Forward, null));
    }

    private static void CheckForward(Tensor x, Tensor weight, Tensor? bias, Tensor y, double bound)
    {
        float[] product = Product(x, weight.Transpose(), DType.F32, 1, false).ToArray();
        float[] offsets = bias?.ToArray() ?? new float[weight.Shape[0]];
        float[] expected = [.. product.Select((value, i) => (1.5f * value) + offsets[i % offsets.Length] + 1)];
        Backends.Close(expected, y.ToArray(), 3e-7 + Data.Unit(y.DType), (3 * bound) + 1e-6, "forward");
    }

    private static void CheckSum(Tensor product, Tensor term, float alpha, float before, Tensor y, double bound)
    {
        float[] expected = [.. product.ToArray().Zip(term.ToArray(), (first, second) => (alpha * (first + second)) + before)];
        Backends.Close(expected, y.ToArray(), 4e-7, bound, "with a term");
    }

    private static Tensor Unpacked(Device device, PackedMatrix packed)
    {
        Tensor result = device.Empty([packed.Rows, packed.Columns], DType.F32);
        packed.Unpack(result);
        return result;
    }

    private static Tensor Product(Tensor left, Tensor right, DType dtype, double alpha, bool accumulate)
    {
        Tensor y = left.Device.Full(left.Shape.With(-1, right.Shape[-1]), dtype, 1);
        left.Device.Backend.MatMul(left, right, y, alpha, accumulate);
        return y;
    }

    /// <summary>Of K products of numbers below 2: rounding of fp32 sums; where one side is bf16, the other one is rounded to it.</summary>
    private static double Bound(DType left, DType right, int k)
    {
        double unit = left == right && left == DType.BF16 || (left != DType.BF16 && right != DType.BF16) ? Math.Sqrt(k) / (1 << 23) : 1.0 / 256;
        return 4 * Math.Sqrt(k + 1) * unit;
    }
}
