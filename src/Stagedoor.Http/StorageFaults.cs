using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Http;

/// <summary>Gives one step of an operation a nearer fault code than the operation's own.</summary>
public static class StorageFaults
{
#pragma warning disable VSTHRD200 // Reads as a clause behind the step: `await step.FaultAs(code)`.

    /// <summary>A storage fault in this step is <paramref name="error"/>.</summary>
    public static async Task<T> FaultAs<T>(this Task<T> step, ErrorDefinition error)
    {
        try
        {
            return await step;
        }
        catch (StorageException fault)
        {
            throw new ApiException(error, inner: fault);
        }
    }

    /// <inheritdoc cref="FaultAs{T}"/>
    public static async Task FaultAs(this Task step, ErrorDefinition error)
    {
        try
        {
            await step;
        }
        catch (StorageException fault)
        {
            throw new ApiException(error, inner: fault);
        }
    }

#pragma warning restore VSTHRD200
}
