# dlrun on the CPU, with the versions of constraints.txt:  docker build -t dlrun .
#     docker run --rm -v "$PWD:/work" dlrun model=cnn epochs=5
# With a GPU: --build-arg TORCH=https://download.pytorch.org/whl/cu130, and docker run --gpus all.
FROM python:3.11-slim
ARG TORCH=https://download.pytorch.org/whl/cpu
WORKDIR /src
COPY constraints.txt ./
RUN python -m pip install --no-cache-dir -c constraints.txt --index-url "$TORCH" --extra-index-url https://pypi.org/simple torch torchvision
COPY . .
RUN python -m pip install --no-cache-dir -c constraints.txt . && rm -rf /src
RUN useradd --create-home dlrun
USER dlrun
WORKDIR /work
ENV DLRUN_CACHE=/home/dlrun/cache
ENTRYPOINT ["dlrun"]
CMD ["--help"]
