using System.Numerics;

namespace Attune.Data.Duplicates;

/// <summary>The generator MT19937 (Matsumoto and Nishimura 1998) with NumPy's legacy way to bounded integers, so that hash functions equal those of other tools for the same seed.</summary>
internal sealed class MersenneTwister
{
    private const int Size = 624;
    private const int Middle = 397;

    private readonly uint[] _state = new uint[Size];
    private int _index = Size;

    public MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (int i = 1; i < Size; i++)
        {
            _state[i] = unchecked((1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i);
        }
    }

    /// <summary>A number from <paramref name="low"/> to below <paramref name="high"/>: bits of the range's width are drawn until they lie in it.</summary>
    public ulong Next(ulong low, ulong high)
    {
        ulong range = high - 1 - low;
        ulong mask = (range == 0 ? 1 : BitOperations.RoundUpToPowerOf2(range + 1)) - 1;
        mask = range > ulong.MaxValue >> 1 ? ulong.MaxValue : mask;
        while (true)
        {
            ulong value = (range <= uint.MaxValue ? Next() : ((ulong)Next() << 32) | Next()) & mask;
            if (value <= range)
            {
                return low + value;
            }
        }
    }

    /// <summary>The next 32 bits.</summary>
    public uint Next()
    {
        if (_index == Size)
        {
            Refill();
        }

        uint value = _state[_index++];
        value ^= value >> 11;
        value ^= (value << 7) & 0x9D2C5680;
        value ^= (value << 15) & 0xEFC60000;
        return value ^ (value >> 18);
    }

    private void Refill()
    {
        for (int i = 0; i < Size; i++)
        {
            uint bits = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7FFFFFFF);
            _state[i] = _state[(i + Middle) % Size] ^ (bits >> 1) ^ ((bits & 1) != 0 ? 0x9908B0DF : 0);
        }

        _index = 0;
    }
}
