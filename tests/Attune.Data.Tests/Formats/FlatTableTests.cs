using System.Buffers.Binary;
using Attune.Data.Formats.Arrow;

namespace Attune.Data.Tests.Formats;

public sealed class FlatTableTests
{
    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(9)]
    public void A_list_of_fields_outside_the_buffer_is_damage(int distance)
    {
        byte[] buffer = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(buffer, 8);
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(8), distance);
        Assert.Contains("points to byte", Assert.Throws<InvalidDataException>(() => FlatTable.Root(buffer)).Message, StringComparison.Ordinal);
    }
}
