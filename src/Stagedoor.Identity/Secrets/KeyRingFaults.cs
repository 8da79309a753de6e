using Stagedoor.Storage;

namespace Stagedoor.Identity.Secrets;

/// <summary>Data Protection reports every failure as a cryptographic one; this finds the storage fault behind it.</summary>
public static class KeyRingFaults
{
    public static StorageException? Find(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case StorageException fault:
                    return fault;
                case MasterKeyException key:
                    return new(StorageSource.Database, StorageFault.Corrupt, key.Message, key);
            }
        }

        return null;
    }
}
