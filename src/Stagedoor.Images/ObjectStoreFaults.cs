using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Images;

/// <summary>
/// What a fault is called where content of archives and packages goes through the object store: that it cannot be reached, or is full, has a code of its own
/// everywhere; any other fault is the operation's. Clients of the registry could do nothing with it, and are never told.
/// </summary>
internal static class ObjectStoreFaults
{
#pragma warning disable VSTHRD200 // Reads as a clause behind the step, as FaultAs does.

    /// <summary>A fault in this step is <paramref name="error"/>, unless the object store is away or full.</summary>
    public static async Task<T> FaultAsStore<T>(this Task<T> step, ErrorDefinition error)
    {
        try
        {
            return await step;
        }
        catch (StorageException fault)
        {
            throw Of(fault, error);
        }
    }

    /// <inheritdoc cref="FaultAsStore{T}"/>
    public static async Task FaultAsStore(this Task step, ErrorDefinition error)
    {
        try
        {
            await step;
        }
        catch (StorageException fault)
        {
            throw Of(fault, error);
        }
    }

#pragma warning restore VSTHRD200

    /// <summary>What the fault is called.</summary>
    public static ApiException Of(StorageException fault, ErrorDefinition otherwise) => new(
        fault is { Store: StorageSource.Blobs, Fault: StorageFault.Unavailable or StorageFault.Full } ? ImagesCodes.ObjectStorageUnavailable : otherwise, inner: fault);
}
