namespace Attune.Tensors;

/// <summary>Softmax over the allowed elements of each row.</summary>
public static class MaskedSoftmaxOp
{
    extension(Tensor x)
    {
        /// <summary>
        /// Softmax over the last dimension in which only allowed elements take part; in single precision whatever the element type.
        /// </summary>
        /// <param name="allowed">Bool, broadcasts to the shape of x.</param>
        /// <param name="uniformWhenNone">
        /// What a row without any allowed element gives. False: 0, and no gradient, as attention with a boolean mask does. True: equal weights with the gradient of a softmax, as
        /// adding the smallest float to the scores does.
        /// </param>
        /// <exception cref="TensorException">The mask is not Bool or does not broadcast to x.</exception>
        public Tensor MaskedSoftmax(Tensor allowed, bool uniformWhenNone = false)
        {
            if (allowed.DType != DType.Bool || Shape.Broadcast(allowed.Shape, x.Shape, "masked softmax") != x.Shape)
            {
                throw new TensorException($"masked softmax: expected a BOOL mask that broadcasts to {x.Shape}, found {allowed}");
            }

            Device device = x.Device;
            Tensor wide = x.Cast(DType.F32);
            Tensor zero = device.Zeros([], DType.F32);
            Tensor floor = device.Full([], DType.F32, float.MinValue);
            if (uniformWhenNone)
            {
                // The sum of the smallest float and a score is the smallest float again, for every element of the row alike.
                return wide.Add(allowed.Where(zero, floor)).Softmax().Cast(x.DType);
            }

            Tensor any = zero.Less(allowed.Cast(DType.F32).Max(-1));
            return any.Where(allowed.Where(wide, floor).Softmax(), zero).Cast(x.DType);
        }
    }
}
