class Portverdict < Formula
  desc "Reads Windows port-exhaustion evidence offline and says who held the ports"
  homepage "{{.URL}}"
  version "{{.Version}}"
  license "GPL-3.0-or-later"

  on_macos do
    on_intel do
      url "{{url "darwin" "amd64"}}"
      sha256 "{{sum "darwin" "amd64"}}"
    end
    on_arm do
      url "{{url "darwin" "arm64"}}"
      sha256 "{{sum "darwin" "arm64"}}"
    end
  end

  on_linux do
    on_intel do
      url "{{url "linux" "amd64"}}"
      sha256 "{{sum "linux" "amd64"}}"
    end
    on_arm do
      url "{{url "linux" "arm64"}}"
      sha256 "{{sum "linux" "arm64"}}"
    end
  end

  def install
    bin.install "portverdict"
    man1.install Dir["man/man1/*"]
    bash_completion.install "completions/portverdict.bash" => "portverdict"
    zsh_completion.install "completions/_portverdict"
    fish_completion.install "completions/portverdict.fish"
  end

  test do
    system bin/"portverdict", "demo"
  end
end
