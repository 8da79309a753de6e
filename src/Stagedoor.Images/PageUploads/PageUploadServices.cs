using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images.PageUploads;

/// <summary>Upload of archives of images as a form.</summary>
internal static class PageUploadServices
{
    public static void AddPageUploads(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PageUploadOptions>().Bind(configuration.GetSection("Images:PageUpload")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PageUploadOptions>, PageUploadOptionsValidator>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, PageUploadJson.Default));
        services.AddSingleton<SpoolFolder>();
        services.AddSingleton<ArchiveReader>();
        services.AddSingleton<PageUploadStore>();
        services.AddSingleton<StoreArchives>();
        services.AddSingleton<UploadImages>();
    }

    public static void MapPageUploads(this IEndpointRouteBuilder manage) => UploadImages.Map(manage);

    /// <summary>The older address of the same operation, in a group whose callers are known.</summary>
    public static void MapPageUploadAlias(this IEndpointRouteBuilder group) => UploadImages.MapAlias(group);
}
