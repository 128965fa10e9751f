using System.Runtime.InteropServices;

namespace Attune.Tensors;

/// <summary>Copies between tensors and host memory.</summary>
public static class TensorHost
{
    extension(Tensor x)
    {
        /// <summary>Copies the elements to host memory, row-major; <typeparamref name="T"/> is the type that fits the element type in size.</summary>
        /// <exception cref="TensorException">The destination does not fit.</exception>
        public void CopyTo<T>(Span<T> destination)
            where T : unmanaged
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(destination);
            if (bytes.Length != x.Count * x.DType.SizeInBytes)
            {
                throw new TensorException($"{x} holds {x.Count * x.DType.SizeInBytes} bytes, the destination {bytes.Length}");
            }

            using StepScope scope = x.Device.Scope();
            Tensor source = x.IsContiguous ? x : x.Device.Empty(x.Shape, x.DType);
            if (!x.IsContiguous)
            {
                x.Device.Backend.Copy(x, source);
            }

            x.Device.Backend.Read(source.Storage, source.Offset * x.DType.SizeInBytes, bytes);
        }

        /// <summary>The elements as a new array of single-precision numbers.</summary>
        public float[] ToArray()
        {
            using StepScope scope = x.Device.Scope();
            Tensor source = x;
            if (x.DType != DType.F32)
            {
                source = x.Device.Empty(x.Shape, DType.F32);
                x.Device.Backend.Copy(x, source);
            }

            var values = new float[x.Count];
            source.CopyTo(values.AsSpan());
            return values;
        }

        /// <summary>The elements of an I32 tensor as a new array.</summary>
        /// <exception cref="TensorException">The elements are of another type.</exception>
        public int[] ToInt32Array()
        {
            if (x.DType != DType.I32)
            {
                throw new TensorException($"ToInt32Array: expected an I32 tensor, found {x}");
            }

            var values = new int[x.Count];
            x.CopyTo(values.AsSpan());
            return values;
        }

        /// <summary>The only element.</summary>
        /// <exception cref="TensorException">There is not exactly one.</exception>
        public float Item()
        {
            if (x.Count != 1)
            {
                throw new TensorException($"Item: expected one element, found shape {x.Shape}");
            }

            using StepScope scope = x.Device.Scope();
            Tensor source = x;
            if (x.DType != DType.F32)
            {
                source = x.Device.Empty(x.Shape, DType.F32);
                x.Device.Backend.Copy(x, source);
            }

            float value = 0;
            source.CopyTo(new Span<float>(ref value));
            return value;
        }

        /// <summary>Overwrites the elements from host memory, row-major.</summary>
        /// <exception cref="TensorException">The tensor is not contiguous or the values do not fit.</exception>
        public void CopyFrom<T>(ReadOnlySpan<T> values)
            where T : unmanaged
        {
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
            if (!x.IsContiguous || bytes.Length != x.Count * x.DType.SizeInBytes)
            {
                throw new TensorException($"{x} takes {x.Count * x.DType.SizeInBytes} bytes without gaps, {bytes.Length} were given");
            }

            x.Device.Backend.Write(x.Storage, x.Offset * x.DType.SizeInBytes, bytes);
            x.MarkChanged();
        }
    }
}
