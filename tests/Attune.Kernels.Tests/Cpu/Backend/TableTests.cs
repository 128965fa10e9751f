using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu.Backend;

public sealed class TableTests
{
    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];

    [Fact]
    public void Gathered_rows_agree()
    {
        foreach (DType from in Types)
        {
            foreach (DType to in Types)
            {
                foreach (long columns in new long[] { 1, 17, 600 })
                {
                    Backends.Agree(device => Gather(device.Uniform([11, columns], from), device.From([3, 0, 10, 3, 7], [5]), to), 0);
                    Backends.Agree(device => Gather(device.Sparse([11, columns], from), device.From([3, 0, 10, 3], [2, 2]), to), 0);
                }
            }
        }

        Backends.Agree(device => Gather(device.From([1, 2, 3, 4], [2, 2]), device.From([1, 0], [2]), DType.I32), 0);
        Backends.Agree(device => Gather(device.Uniform([4, 2], DType.F32), device.From(Array.Empty<int>(), [0]), DType.F32), 0);
    }

    [Fact]
    public void Added_rows_agree()
    {
        foreach (DType from in Types)
        {
            foreach (DType to in Types)
            {
                foreach (long columns in new long[] { 1, 63, 65, 600 })
                {
                    Backends.Agree(
                        device =>
                        {
                            Tensor table = device.Uniform([7, columns], to, 3);
                            device.Backend.ScatterAddRows(device.Uniform([40, columns], from), device.From(Enumerable.Range(0, 40).Select(i => i * i % 7).ToArray(), [40]), table);
                            return table;
                        },
                        40 * Data.Unit(to),
                        40 * 8 * Data.Unit(to));
                }
            }
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void Rows_that_do_not_exist_are_refused(int row)
    {
        using var device = new Device(Backends.Fastest);
        using StepScope scope = device.Scope();
        Tensor table = device.Uniform([4, 8], DType.F32);
        Assert.Throws<TensorException>(() => Gather(table, device.From([row], [1]), DType.F32));
        Assert.Throws<TensorException>(() => device.Backend.ScatterAddRows(device.Uniform([1, 8], DType.F32), device.From([row], [1]), table));
        Tensor longs = device.From<long>([row], [1], DType.I64);
        Assert.Throws<TensorException>(() => Gather(table, longs, DType.F32));
    }

    private static Tensor Gather(Tensor table, Tensor indices, DType dtype)
    {
        Tensor y = table.Device.Empty([indices.Count, table.Shape[1]], dtype);
        table.Device.Backend.GatherRows(table, indices, y);
        return y;
    }
}
